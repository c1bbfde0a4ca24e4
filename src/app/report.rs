//! Runs `report`: writes the page and the timeline of a release.

use std::path::Path;

use super::{App, COMMAND_LIMIT, RequestLog, usage};
use crate::cli::ReportArgs;
use crate::commands::report::{ReadRelease, TITLE, read_release};
use crate::domain::{Code, Diagnostic};
use crate::report::Failure;
use crate::settings::{self, EvidenceSource};

impl App<'_> {
    pub(super) async fn make_report(&self, args: &ReportArgs) -> anyhow::Result<()> {
        let settings = settings::report(args, self.environment()).map_err(usage)?;
        if settings.verbose {
            self.log_requests(RequestLog::Requests);
        }
        let read = match settings.source {
            EvidenceSource::File(statement) => ReadRelease::of_file(*statement),
            EvidenceSource::Release(tag, access) => {
                self.log.mask(&access.credential.secrets());
                let github = self.connect_github(*access, COMMAND_LIMIT, self.http()?)?;
                read_release(&github, &tag).await?
            }
        };
        for missing in &read.missing {
            self.log.line(&format!("{TITLE}: without {missing}"));
        }
        let (page, timeline) = read.draw(&settings.server);
        self.write_report("the page", &settings.output, &page)?;
        if let Some(svg) = &settings.svg {
            self.write_report("the timeline", svg, &timeline)?;
        }
        Ok(())
    }

    fn write_report(&self, what: &str, path: &Path, text: &str) -> Result<(), Failure> {
        std::fs::write(path, text).map_err(|error| {
            let name = path.to_string_lossy();
            let why = format!("cannot be written: {error}");
            let help = "name a file in a folder that exists and that you may write to";
            usage(vec![Diagnostic::value(
                Code::FileUnwritable,
                what,
                name,
                why,
                help,
            )])
        })?;
        let path = path.display();
        self.log.line(&format!("{TITLE}: {what} is in {path}"));
        Ok(())
    }
}
