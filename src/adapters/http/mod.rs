//! How this program speaks HTTP, whoever is spoken to.

mod client;

pub use client::{Http, HttpError, HttpSettings};
pub(crate) use client::{describe, is_loopback, is_private, same_origin};
