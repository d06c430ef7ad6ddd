"""Results as JSON documents: each shape is a contract, held by the schema in tests/contracts/output.json."""
