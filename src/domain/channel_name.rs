//! The name of a channel.

use std::fmt;
use std::str::FromStr;

use ocm_module::rules;

/// A channel that Lifecycle Manager takes, such as `regular` or `fast`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelName(String);

impl ChannelName {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChannelName {
    type Err = ocm_module::Diagnostic;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match rules::channel(text) {
            Some(refused) => Err(refused),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

super::serde_as_text!(ChannelName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_those_of_lifecycle_manager() {
        assert!("fast".parse::<ChannelName>().is_ok());
        for text in ["", "ab", "Fast", "fast-2", "fast/x"] {
            assert!(text.parse::<ChannelName>().is_err(), "{text}");
        }
    }
}
