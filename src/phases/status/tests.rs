//! `status`, step by step.
