"""One file a command: an options object in, a result out; everything is called from here, and nothing is printed."""
