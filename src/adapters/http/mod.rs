//! HTTP as every adapter uses it: one client, one retry policy, one way to show what a server said.

mod client;
mod dns;
mod excerpt;
mod pending;
mod retry;
mod upload;

pub(crate) use client::describe;
pub use client::{Http, HttpError, HttpSettings};
pub(crate) use dns::{AddressCheck, AddressRefused};
pub use dns::{NameLookup, SystemLookup};
pub(crate) use excerpt::{excerpt, excerpt_of_body};
pub(crate) use pending::RequestUnderWay;
pub(crate) use retry::{FIRST_WAIT, Random, Retry, RetryPolicy, doubled, jitter, retry_after};
pub(crate) use upload::{UploadProgress, file_body};
