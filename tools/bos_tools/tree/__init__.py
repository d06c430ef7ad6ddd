"""What Git holds, as pure data: layout, pins, byte-exact edits, kustomization semantics."""
