//! The inputs of `download-logs`.

use super::input_parser::{InputParser, TokenChoice};
use super::{Environment, GitHubAccess};
use crate::cli::DownloadLogsArgs;
use crate::commands::download_logs::DownloadLogs;
use crate::domain::Diagnostic;

/// Which run's logs `download-logs` writes, and where.
///
/// # Errors
///
/// Everything that is wrong with the inputs, or that this is no run of a workflow.
pub fn download_logs(
    args: &DownloadLogsArgs,
    environment: Environment<'_>,
) -> Result<(DownloadLogs, GitHubAccess), Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    let repository = parser.this_repository(None);
    let run = parser.lock_owner().run;
    if run.is_none() {
        let help = "the runner sets it: this command is for steps of workflows, and writes the logs of their run";
        parser.missing("GITHUB_RUN_ID", help);
    }
    let output = parser.output_file(args.output.as_ref());
    let token = parser.token(TokenChoice::Job);
    let urls = parser.urls();
    let settings = || {
        let repository = repository?;
        let (api_url, graphql_url) = urls?;
        let logs = DownloadLogs {
            repository: repository.clone(),
            run: run?,
            output: output?,
        };
        let access = GitHubAccess {
            repository,
            api_url,
            graphql_url,
            credential: token?.into(),
        };
        Some((logs, access))
    };
    parser.finish(settings())
}
