"""What `tess_source_testing.check_plugin` looks at, one file per kind of thing."""
