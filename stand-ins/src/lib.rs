//! In-process GitHub and OCI registry that behave as the real services do.
