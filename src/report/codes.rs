//! Every error code there is: `docs/errors.md` is made of this table.

use crate::domain::Exit;

pub struct Code {
    pub code: &'static str,
    pub exit: Exit,
    /// When it is said; the message itself tells the particular case and the remedy.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($code:literal $exit:ident $meaning:literal)+) => {
        &[$(Code { code: $code, exit: Exit::$exit, meaning: $meaning }),+]
    };
}

pub const CODES: &[Code] = codes! {
    "version-invalid" Usage "The version is no strict semantic version, or has build metadata."
    "tag-invalid" Usage "The tag's name is one that git or GitHub would not take."
    "tag-format-invalid" Usage "The tag format does not hold `{version}` exactly once."
    "commit-invalid" Usage "The commit is not a full hash."
    "repository-invalid" Usage "The repository is not written owner/name."
    "image-invalid" Usage "The image is not written in full: registry, path, and tag or digest."
    "image-tag-invalid" Usage "A registry would not take this image tag."
    "image-not-pinned" Usage "A digest is asked for, and only a tag was given."
    "digest-invalid" Usage "The digest is no SHA-256 digest."
    "asset-name-invalid" Usage "GitHub would rewrite the asset's name on upload."
    "component-name-invalid" Usage "The module's name is no OCM component name."
    "on-existing-invalid" Usage "`on-existing` is none of resume, fail and replace."
    "choice-invalid" Usage "An input takes one of a few words, and holds another."
    "boolean-invalid" Usage "An input takes true or false, and holds something else."
    "duration-invalid" Usage "A duration cannot be read, is zero, or is longer than a job may run."
    "file-unreadable" Usage "A file that an input names cannot be read."
    "input-missing" Usage "An input that this phase needs is not given."
    "input-not-for-phase" Usage "An input is given that this phase does not take."
    "phase-unknown" Usage "The input `phase` names no phase."
    "plan-unreadable" Usage "The plan is not what the phase `plan` gave out."
    "plan-schema" Usage "The plan was made by another version of the action."
    "plan-repository" Usage "The plan is for another repository than the run."
    "artifacts-unreadable" Usage "The artifacts are not what the phase `await` gave out."
    "needs-unreadable" Usage "The job results are not the context `needs`."
    "commit-missing" Preflight "The repository does not have the commit."
    "token-read-only" Preflight "The token may not write to the repository."
    "branch-missing" Preflight "The branch to guard does not exist."
    "notes-too-long" Preflight "The release notes are longer than GitHub takes."
    "release-exists" Preflight "`on-existing: fail` is set, and a tag or release is there."
    "tag-elsewhere" Blocked "The tag points at another commit than the one being released."
    "tag-missing" Blocked "The tag is not there, and publishing would make GitHub create one."
    "draft-missing" Blocked "There is no release of the tag that this token may see."
    "draft-foreign" Blocked "There is a draft of the tag that btp-release did not make."
    "release-foreign" Blocked "There is a published release of the tag that btp-release did not make."
    "release-duplicates" Blocked "There are several releases of one tag."
    "draft-of-another-commit" Blocked "Our draft was made for another commit."
    "draft-of-another-plan" Blocked "Our draft was taken up by another run meanwhile."
    "already-published" Blocked "The release is published, and is not changed any more."
    "published-differs" Blocked "The published release is not as planned."
    "asset-unplanned" Blocked "There is a file or an asset that the plan does not name."
    "asset-differs" Blocked "An asset is missing, unfinished, or not the bytes that were awaited."
    "assets-too-many" Blocked "There would be more assets than GitHub takes."
    "file-missing" Blocked "A file to upload is not there."
    "file-empty" Blocked "A file to upload is empty."
    "file-too-large" Blocked "A file to upload is larger than GitHub takes."
    "image-differs" Blocked "An image's tag does not resolve to the digest that was awaited."
    "branch-moved" Blocked "Something was merged onto the guarded branch during the release."
    "jobs-missing" Blocked "The publishing job depends on no other job."
    "job-not-successful" Blocked "A job before the publishing one did not succeed."
    "service-refused" Blocked "GitHub or a registry refused a request, and would refuse it again."
    "content-broken" Blocked "An answer or a file is unreadable, too large, or has another digest than named."
    "deadline-passed" Deadline "What was waited for did not come in time."
    "access-denied" Denied "The token or the registry's credentials lack a right, or are wrong."
    "service-unavailable" Unavailable "A service gave no usable answer for as long as was allowed."
    "service-limited" Unavailable "A rate limit lasts longer than was allowed."
    "not-visible" Unavailable "What a service confirmed stays invisible in its own answers."
    "cancelled" Cancelled "The run was interrupted."
    "bug" Bug "Something happened that should not be possible."
};
