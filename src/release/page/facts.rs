//! What was planned, where its pages are, and how all of it is checked again.

use super::ReleasePage;
use super::format::{moment, seconds};
use super::markup::Markup;
use crate::plan::OnExisting;

pub(super) fn add(html: &mut Markup, page: &ReleasePage<'_>) {
    let plan = &page.predicate.plan;
    let wanted = &plan.wanted;
    let tag = wanted.tag.as_str();
    html.raw("<section aria-labelledby=\"facts\">\n<h2 id=\"facts\">The release</h2>\n<dl class=\"facts\">\n");
    linked(
        html,
        "repository",
        &wanted.repository.to_string(),
        &page.address(&[]),
    );
    fact(html, "version", &wanted.version.to_string());
    linked(html, "tag", tag, &page.address(&["tree", tag]));
    let commit = wanted.commit.as_str();
    linked(html, "commit", commit, &page.address(&["commit", commit]));
    match &plan.previous_tag {
        Some(previous) => {
            let changes = format!("{previous}...{tag}");
            let text = format!("{previous}, and the changes since");
            linked(
                html,
                "previous release",
                &text,
                &page.address(&["compare", &changes]),
            );
        }
        None => fact(html, "previous release", "none"),
    }
    if let Some(guard) = &plan.guard {
        let text = format!("{} at {}", guard.branch, guard.head.short());
        fact(html, "guarded branch", &text);
    }
    let is_run = wanted.run.chars().all(|c| c.is_ascii_digit());
    let run = page.address(&["actions", "runs", &wanted.run]);
    linked(
        html,
        "workflow run",
        &wanted.run,
        if is_run { &run } else { "" },
    );
    if let Some(module) = &wanted.module {
        fact(html, "module", &module.name.to_string());
        fact(html, "form of the module", &module.form.to_string());
    }
    fact(
        html,
        "prerelease",
        if wanted.prerelease { "yes" } else { "no" },
    );
    reasons(html, page);
    let drafted = seconds(&page.predicate.drafted_at).map(moment);
    let drafted = drafted.map(|(day, time)| format!("{day} {time}"));
    fact(
        html,
        "draft made",
        drafted.as_deref().unwrap_or("not known"),
    );
    fact(html, "plan", &plan.digest().to_string());
    if let Some(evidence) = page.evidence {
        fact(html, "evidence", &evidence.to_string());
    }
    html.raw("</dl>\n<h3>Check it</h3>\n<p>This compares everything on this page with what is published now:</p>\n<pre><code>");
    html.within("btp-release verify ", &wanted.typed(), " --repository ");
    html.text(&wanted.repository.to_string());
    html.raw("</code></pre>\n</section>\n");
}

/// Why a rule or a release that was there did not count.
fn reasons(html: &mut Markup, page: &ReleasePage<'_>) {
    let wanted = &page.predicate.plan.wanted;
    if wanted.on_existing == OnExisting::Replace {
        fact(html, "what was there before", "was to be replaced");
    }
    if let Some(reason) = &wanted.replace_published {
        fact(html, "a published release was replaced", reason);
    }
    if let Some(reason) = &wanted.force {
        fact(html, "released in spite of the rules", reason);
    }
}

fn fact(html: &mut Markup, name: &'static str, value: &str) {
    linked(html, name, value, "");
}

fn linked(html: &mut Markup, name: &'static str, value: &str, address: &str) {
    html.raw("<div><dt>").raw(name).raw("</dt><dd>");
    html.link(value, address).raw("</dd></div>\n");
}
