//! Releases Kyma modules.
