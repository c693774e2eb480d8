"""Many runs with settings that vary, one after another: planned, queued, and set side by side."""
