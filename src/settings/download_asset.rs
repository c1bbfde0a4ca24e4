//! The inputs of `download-asset`.

use super::input_parser::{InputParser, TokenChoice};
use super::{Environment, GitHubAccess};
use crate::cli::DownloadAssetArgs;
use crate::commands::download_asset::DownloadAsset;
use crate::domain::Diagnostic;

/// What `download-asset` fetches, and from where.
///
/// # Errors
///
/// Everything that is wrong with the inputs.
pub fn download_asset(
    args: &DownloadAssetArgs,
    environment: Environment<'_>,
) -> Result<(DownloadAsset, GitHubAccess), Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    for (input, value, help) in [
        ("tag", &args.tag, "name the release's tag, such as v1.1.0"),
        (
            "asset",
            &args.asset,
            "name the asset, such as rendered.yaml",
        ),
    ] {
        if value.is_none() {
            parser.missing(input, help);
        }
    }
    let tag = parser.parse("tag", args.tag.as_ref());
    let asset = parser.parse("asset", args.asset.as_ref());
    let output = parser.output_file(args.output.as_ref());
    let repository = parser.this_repository(args.repository.as_ref());
    let token = parser.token(TokenChoice::Job);
    let urls = parser.urls();
    let settings = || {
        let repository = repository?;
        let download = DownloadAsset {
            repository: repository.clone(),
            tag: tag?,
            asset: asset?,
            output: output?,
        };
        let (api_url, graphql_url) = urls?;
        let access = GitHubAccess {
            repository,
            api_url,
            graphql_url,
            credential: token?.into(),
        };
        Some((download, access))
    };
    parser.finish(settings())
}
