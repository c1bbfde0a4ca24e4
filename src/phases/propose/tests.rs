//! What `propose` decides, without any service.
