//! The arguments of `await`.

use clap::{ArgAction, Args};

use super::{BuildersInput, CommonArgs, PlanInput, TrustInput};

/// Arguments of `await`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct AwaitArgs {
    #[command(flatten)]
    pub plan: PlanInput,
    /// Longest pause between two checks; default: `10s`
    #[arg(long, value_name = "DURATION")]
    pub await_interval: Option<String>,
    #[command(flatten)]
    pub builders: BuildersInput,
    /// How long each of `builder-checks` may take to start; default: `3m`
    #[arg(long, value_name = "DURATION")]
    pub builder_start_timeout: Option<String>,
    /// Platforms that every container image must have, one per line, such as `linux/amd64`; default: the platforms that it lists
    #[arg(long, value_name = "PLATFORMS", action = ArgAction::Append)]
    pub image_platforms: Vec<String>,
    /// JSON object of what the builders say they built: image → digest, such as `{"registry.example/a/b": "${{ needs.build.outputs.digest }}"}`; an image is named with or without its tag, or as `binary-image` or `module-image`, and a digest may come as `image@sha256:…`. Another digest under the image's tag is refused at once. Or `@` and the path of a file with it
    #[arg(long, value_name = "JSON")]
    pub expected_digests: Option<String>,
    /// Environment whose approval jobs of this run may wait for: while they do, the time is not counted against `timeout` and `builder-start-timeout`; takes `actions: read`
    #[arg(long, value_name = "NAME")]
    pub environment: Option<String>,
    #[command(flatten)]
    pub trust: TrustInput,
    #[command(flatten)]
    pub common: CommonArgs,
}
