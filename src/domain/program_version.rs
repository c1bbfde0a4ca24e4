//! The version of this program.

/// The version of the release that this program was built for, without `v`: of the variable `BTP_RELEASE_REF` at build time, which holds
/// the release's tag. Other builds have the version of the package.
pub const PROGRAM_VERSION: &str = of_build(option_env!("BTP_RELEASE_REF"));

const fn of_build(tag: Option<&'static str>) -> &'static str {
    let version = match tag {
        Some(tag) => without_v(tag),
        None => "",
    };
    match version.as_bytes() {
        [b'0'..=b'9', ..] => version,
        _ => env!("CARGO_PKG_VERSION"),
    }
}

const fn without_v(tag: &str) -> &str {
    match tag.as_bytes() {
        [b'v', ..] => tag.split_at(1).1,
        _ => tag,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_that_of_the_release_or_of_the_package() {
        let package = env!("CARGO_PKG_VERSION");
        for (tag, version) in [
            (Some("v1.2.0"), "1.2.0"),
            (Some("1.3.0-rc1"), "1.3.0-rc1"),
            (Some("main"), package),
            (Some("v"), package),
            (Some(""), package),
            (None, package),
        ] {
            assert_eq!(of_build(tag), version, "{tag:?}");
        }
    }
}
