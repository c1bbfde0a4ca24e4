//! The artifacts with their digests.

use super::format::{moment, size, took};
use super::markup::Markup;
use super::{ReleasePage, table};
use crate::plan::{Artifact, LOGS, REPORT};

// The names of the columns.
const SIZE: &str = "size";
const WAITED: &str = "waited";
const THERE: &str = "was there";
const TESTED: &str = "tested";

pub(super) fn add(html: &mut Markup, page: &ReleasePage<'_>) {
    let artifacts = &page.predicate.artifacts.0;
    if artifacts.is_empty() {
        return;
    }
    html.raw("<section aria-labelledby=\"artifacts\">\n<h2 id=\"artifacts\">Artifacts</h2>\n");
    table::begin(html, ["artifact and digest", SIZE, WAITED, THERE, TESTED]);
    let awaited = page.awaited();
    for (name, artifact) in artifacts {
        let was_awaited = awaited.0.contains_key(name);
        table::row(html, kind(name, artifact));
        named(html, name, artifact);
        html.within(
            "<code class=\"digest\">",
            &artifact.digest().to_string(),
            "</code>",
        );
        table::named(html);
        table::cell(html, SIZE, Some(&size(artifact.size())));
        let waited = was_awaited.then(|| took(artifact.waited()));
        table::cell(html, WAITED, waited.as_deref());
        let there = artifact.ready_at().map(|at| moment(at).1);
        table::cell(html, THERE, there.as_deref());
        let tested = was_awaited.then(|| tested(page)).flatten();
        table::cell(html, TESTED, tested.as_deref());
        table::end_row(html);
    }
    table::end(html);
    let digest = awaited.digest().to_string();
    html.raw("<p class=\"note\">One digest stands for all that was awaited, and every leg names what it tested by it: ");
    html.within("<code>", &digest, "</code></p>\n</section>\n");
}

/// By whom an awaited artifact was tested, if by anybody.
fn tested(page: &ReleasePage<'_>) -> Option<String> {
    let legs = page.predicate.verdicts.len();
    match page.tested_by() {
        0 => None,
        same if same == legs => Some("✓ by every leg".to_owned()),
        same => Some(format!("by {same} of {legs} legs")),
    }
}

fn kind(name: &str, artifact: &Artifact) -> &'static str {
    match artifact {
        Artifact::Asset { .. } if name == LOGS => "logs",
        Artifact::Asset { .. } if name == REPORT => "report",
        Artifact::Asset { .. } => "asset",
        Artifact::Image { .. } => "image",
    }
}

/// The name; of an image also by tag.
fn named(html: &mut Markup, name: &str, artifact: &Artifact) {
    html.within("<span class=\"name\">", name, "</span>");
    let Artifact::Image {
        tagged, platforms, ..
    } = artifact
    else {
        return;
    };
    html.within("<code class=\"reference\">", &tagged.to_string(), "</code>");
    if !platforms.is_empty() {
        let platforms = platforms.join(", ");
        html.within("<span class=\"platforms\">", &platforms, "</span>");
    }
}
