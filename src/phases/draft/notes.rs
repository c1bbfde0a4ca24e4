//! Notes that the body of a release cannot hold: cut there, and attached as a whole.

use std::path::{Path, PathBuf};

use crate::plan::{FULL_NOTES, FullNotes, NotesSource, ReleasePlan};
use crate::protocol::{Action, LocalFile, Reader, SeenAsset, ServiceError, Step};
use crate::release::asset_sync::{room, sync_asset};
use crate::release::view::{ReleaseCache, ReleaseView, Trust};

/// Shortens notes that GitHub would refuse, at the end of a line, and says so. `asset` is the one with all of them.
pub(super) fn cut(notes: &str, asset: Option<&str>) -> String {
    let end = match asset {
        Some(asset) => format!(
            "\n\n*These notes were longer than a release may hold, and were cut here: the asset {asset} has all of them.*"
        ),
        None => {
            "\n\n*These notes were longer than a release may hold, and were cut here.*".to_owned()
        }
    };
    let room = NotesSource::MAX_CHARS.saturating_sub(end.len());
    match notes.char_indices().nth(room) {
        None => notes.to_owned(),
        Some((at, _)) => {
            let head = notes.get(..at).unwrap_or_default();
            let line = head
                .rfind('\n')
                .and_then(|end| head.get(..end))
                .unwrap_or(head);
            format!("{line}{end}")
        }
    }
}

/// What attaches the whole notes to the draft, before the step that creates the tag or ends the phase: whoever sees the tag finds
/// the draft with them.
pub(super) async fn attach_first(
    reader: Reader<'_>,
    plan: &ReleasePlan,
    seen: ReleaseView,
    step: Step,
) -> Result<Step, ServiceError> {
    let is_ours = match &step {
        Step::Done(_) => true,
        Step::Act(actions) => matches!(actions.as_slice(), [Action::CreateTag(_)]),
        Step::Wait(_) | Step::Blocked(_) => false,
    };
    let notes = plan.wanted.full_notes.as_ref();
    let Some(notes) = notes.filter(|_| is_ours && !seen.is_published()) else {
        return Ok(step);
    };
    let mut cache = ReleaseCache::new(Trust::DigestsOnly);
    let mut view = cache.view_from(reader, &plan.wanted.tag, seen);
    let is_notes = |asset: &SeenAsset| asset.name.ends_with(FULL_NOTES);
    view.digests(is_notes).await?;
    let view = view.finish();
    let written = reader.files.file(Path::new(FULL_NOTES)).await?;
    match missing(notes, &view, written) {
        Ok(actions) if actions.is_empty() => Ok(step),
        Ok(actions) => Ok(Step::Act(actions)),
        Err(finding) => Ok(Step::Blocked(vec![finding])),
    }
}

/// What is still to be done until the draft has exactly these notes as an asset.
fn missing(
    notes: &FullNotes,
    view: &ReleaseView,
    written: Option<LocalFile>,
) -> Result<Vec<Action>, crate::domain::Diagnostic> {
    let [draft] = view.releases.as_slice() else {
        return Ok(Vec::new());
    };
    let planned = LocalFile {
        path: PathBuf::from(FULL_NOTES),
        size: notes.size,
        digest: notes.digest,
    };
    let written = written.filter(|file| file.digest == planned.digest);
    let file = written.as_ref().unwrap_or(&planned);
    let mut room = room(draft, [FULL_NOTES]);
    let actions = FULL_NOTES
        .parse()
        .map(|name| sync_asset(view, draft, &name, file, &mut room))
        .unwrap_or_default();
    let uploads = |action: &Action| matches!(action, Action::UploadAsset { .. });
    // A file is read before it is uploaded: only then its full path is known.
    if written.is_none() && actions.iter().any(uploads) {
        return Ok(vec![Action::WriteFile {
            to: planned.path,
            bytes: notes.bytes()?.into(),
        }]);
    }
    Ok(actions)
}
