//! Parses the arguments of `report`: whose evidence is read, and what is written.

use std::path::PathBuf;

use super::input_parser::{InputParser, TokenChoice};
use super::{Environment, GitHubAccess};
use crate::cli::ReportArgs;
use crate::domain::{Code, Diagnostic, Tag, TagFormat};
use crate::plan::Statement;

/// What `report` makes, and of what.
pub struct ReportSettings {
    pub source: EvidenceSource,
    /// The address of GitHub's pages, where links lead.
    pub server: String,
    /// The file for the page.
    pub output: PathBuf,
    /// The file for the timeline alone.
    pub svg: Option<PathBuf>,
    /// Whether every request is logged.
    pub verbose: bool,
}

/// Where the evidence comes from.
pub enum EvidenceSource {
    /// A file, which was read.
    File(Box<Statement>),
    /// The published release of a tag.
    Release(Tag, Box<GitHubAccess>),
}

/// Gives the arguments of `report` their meaning.
///
/// # Errors
///
/// Everything that is wrong is listed together.
pub fn report(
    args: &ReportArgs,
    environment: Environment<'_>,
) -> Result<ReportSettings, Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    let source = match &args.evidence {
        Some(path) => file(&mut parser, path),
        None => release(&mut parser, args),
    };
    if args.svg.as_ref() == Some(&args.output) {
        let same = Diagnostic::error(
            Code::InputsExclusive,
            "output and svg name the same file",
            "give the image a file of its own, such as timeline.svg",
        );
        parser.take("svg", Err::<(), _>(same));
    }
    let server = environment.context.server_url.clone();
    let settings = source.map(|source| ReportSettings {
        source,
        server: server.unwrap_or_else(|| "https://github.com".to_owned()),
        output: PathBuf::from(&args.output),
        svg: args.svg.as_ref().map(PathBuf::from),
        verbose: args.verbose || environment.context.debug,
    });
    parser.finish(settings)
}

fn file(parser: &mut InputParser<'_>, path: &str) -> Option<EvidenceSource> {
    let text = parser.file("evidence", path)?;
    let statement = Statement::from_bytes(text.as_bytes()).map_err(|error| error.at(path, None));
    let statement = parser.take("evidence", statement)?;
    Some(EvidenceSource::File(Box::new(statement)))
}

fn release(parser: &mut InputParser<'_>, args: &ReportArgs) -> Option<EvidenceSource> {
    let format: Option<TagFormat> = parser.parse("tag-format", args.release.tag_format.as_ref());
    let typed = args.release.version.as_deref();
    if typed.is_none() {
        let help = "name the release, such as v1.2.0, or give its evidence with --evidence FILE";
        parser.missing("version", help);
    }
    let version =
        typed.and_then(|typed| parser.take("version", TagFormat::read(typed, format.as_ref())));
    let repository = parser.this_repository(args.repository.as_ref());
    let token = parser.token(TokenChoice::Job);
    let urls = parser.urls();
    let (tag, _, _) = version?;
    let (api_url, graphql_url) = urls?;
    let access = GitHubAccess {
        repository: repository?,
        api_url,
        graphql_url,
        credential: token?.into(),
    };
    Some(EvidenceSource::Release(tag, Box::new(access)))
}
