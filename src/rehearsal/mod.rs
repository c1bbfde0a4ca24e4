//! `btp-release rehearse`: a whole release on this machine, from the pull request that it begins with to the channel that gets the
//! version, against stand-ins for GitHub, the registry and Sigstore.
//!
//! Every phase runs as a process of its own, with inputs and outputs handed over as on a runner. The builders start when the
//! tag appears, as the real ones do.

mod builders;
mod final_state;
mod pipeline;
mod proposals;
mod pull_requests;
mod repositories;
mod services;
mod signing;
mod step;
mod timeline;

use std::time::SystemTime;

use crate::adapters::system_clock::SystemClock;
use crate::domain::Exit;
use crate::protocol::Clock as _;
use crate::settings::RehearsalSettings;
use services::Services;
use timeline::Timeline;

/// Who says what the rehearsal does in place of the release's own steps.
const NAME: &str = "rehearsal";

/// One run of the pipeline against the stand-ins.
struct Rehearsal<'a> {
    settings: &'a RehearsalSettings,
    services: &'a Services,
    timeline: &'a Timeline,
    /// As `GITHUB_RUN_ID` names it: a new one for each rehearsal.
    run_id: String,
}

/// Runs the pipeline, logs it to standard error and prints the release that it leaves to standard output. Answers with the exit
/// code of the first phase that failed.
///
/// # Errors
///
/// A [`Diagnostic`](crate::domain::Diagnostic) if the folder for the state cannot be used; otherwise what went wrong with a file,
/// a process or a stand-in.
pub async fn run(settings: RehearsalSettings) -> anyhow::Result<Exit> {
    let since_1970 = SystemClock::start()
        .wall()
        .duration_since(SystemTime::UNIX_EPOCH);
    let run_id = since_1970.unwrap_or_default().as_millis().to_string();
    let services = Services::start(&settings, &run_id).await?;
    let timeline = Timeline::start();
    let release = &settings.release;
    for remark in &release.remarks {
        timeline.log(NAME, remark);
    }
    if !release.remarks.is_empty() {
        let host = &services.registry_host;
        timeline.log(NAME, &format!("{host} is the registry of all images here"));
    }
    let rehearsal = Rehearsal {
        settings: &settings,
        services: &services,
        timeline: &timeline,
        run_id,
    };
    let exit = rehearsal.run_pipeline().await?;
    let out = &mut std::io::stdout();
    final_state::print(&services, release, out)?;
    if let Some(folder) = services.save()? {
        if exit == Exit::Done {
            rehearsal.make_report(folder).await?;
        }
        final_state::print_kept(&services, folder, release, out)?;
    }
    Ok(exit)
}
