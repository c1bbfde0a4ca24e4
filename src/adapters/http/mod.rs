//! HTTP as every adapter uses it: one client, one retry policy, one way to show what a server said.

mod client;
mod describe;
mod dns;
mod excerpt;
mod hide;
mod no_answer;
mod pages;
mod pending;
mod retry;
mod upload;

pub use client::{Http, HttpError, HttpSettings};
pub(crate) use describe::describe;
pub(crate) use dns::{AddressCheck, AddressRefused};
pub use dns::{NameLookup, SystemLookup};
pub(crate) use excerpt::{excerpt, excerpt_of_body, page_of};
pub(crate) use hide::hidden;
pub(crate) use pages::next_page;
pub(crate) use pending::RequestUnderWay;
pub(crate) use retry::{FIRST_WAIT, Random, Retry, RetryPolicy, doubled, jitter, retry_after};
pub(crate) use upload::{UploadProgress, file_body};
