//! Everything a release wants, worked out once: the one value that is handed from phase to phase.

mod artifacts;
mod evidence;
mod mark;
mod verdict;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::{
    AssetName, CommitSha, ComponentName, Digest, ImageRef, RepoSlug, Tag, TagFormat, Version,
};
use crate::domain::{Code, Diagnostic};

pub use artifacts::{Artifact, Artifacts};
pub use evidence::{EVIDENCE, MAX_EVIDENCE, Predicate, Record, Request, Statement};
pub use mark::Mark;
pub use verdict::Verdict;

/// The form of the plan's JSON. A plan of another form is refused, never guessed at.
const SCHEMA: &str = "btp-release-plan/1";

/// Stands for the name of the form, in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Schema;

impl From<Schema> for &'static str {
    fn from(_: Schema) -> Self {
        SCHEMA
    }
}

impl TryFrom<String> for Schema {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if name == SCHEMA {
            Ok(Self)
        } else {
            Err(format!("the form {name} is not {SCHEMA}"))
        }
    }
}

/// What is wanted, and nothing of what was seen: that is looked up again by every phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleasePlan {
    pub schema: Schema,
    pub repository: RepoSlug,
    pub version: Version,
    pub tag: Tag,
    /// Releases are compared (which came before, which is the latest) only with those of the same format.
    pub tag_format: TagFormat,
    /// The one commit that is tagged, built and tested.
    pub commit: CommitSha,
    /// The run that made this plan, so that it can tell its own draft from one that it is asked to replace.
    pub run: String,
    /// The release that the notes start from; none for a first release.
    pub previous_tag: Option<Tag>,
    pub prerelease: bool,
    /// `None` leaves it to the order of versions, when it is published.
    pub make_latest: Option<bool>,
    pub on_existing: OnExisting,
    /// Why a published release of this name is replaced, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace_published: Option<String>,
    pub guard: Option<BranchGuard>,
    pub notes: NotesSource,
    /// Exactly the assets that the published release has.
    pub assets: BTreeSet<AssetName>,
    /// The container image of the module's manager.
    pub binary_image: Option<ImageRef>,
    pub module: Option<ModulePlan>,
    /// Further images that must be there before the release is tested.
    pub extra_images: BTreeSet<ImageRef>,
}

/// The plan's values, before they are a plan.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub repository: RepoSlug,
    pub version: Version,
    pub tag: Tag,
    pub tag_format: TagFormat,
    pub commit: CommitSha,
    pub run: String,
    pub prerelease: bool,
    /// `None` leaves it to the order of versions.
    pub make_latest: Option<bool>,
    /// `None` likewise.
    pub previous_tag: Option<Tag>,
    pub on_existing: OnExisting,
    pub replace_published: Option<String>,
    pub guard_branch: Option<String>,
    pub notes: NotesSource,
    pub assets: BTreeSet<AssetName>,
    pub binary_image: Option<ImageRef>,
    pub module: Option<ModulePlan>,
    pub extra_images: BTreeSet<ImageRef>,
}

/// What to do when something of this release is already there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnExisting {
    /// Go on with our own draft of the same commit.
    #[default]
    Resume,
    /// Stop.
    Fail,
    /// Delete our own draft and tag of an earlier run, and start anew; what is published only with a reason.
    Replace,
}

impl std::str::FromStr for OnExisting {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        match text {
            "resume" => Ok(Self::Resume),
            "fail" => Ok(Self::Fail),
            "replace" => Ok(Self::Replace),
            _ => Err(Diagnostic::value(
                Code::OnExistingInvalid,
                "on-existing",
                text,
                "is not a policy",
                "use resume, fail or replace",
            )),
        }
    }
}

/// The branch onto which nothing may be merged between plan and publishing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BranchGuard {
    pub branch: String,
    pub head: CommitSha,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum NotesSource {
    /// GitHub's generated notes since the previous tag.
    Generated,
    Text(String),
}

impl NotesSource {
    /// GitHub refuses release texts of more than 125,000 characters with 422; our mark has to fit in as well.
    pub const MAX_CHARS: usize = 125_000 - Mark::MAX_CHARS;
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModulePlan {
    pub name: ComponentName,
    /// `<registry>/component-descriptors/<name>:<tag>`
    /// ([OCM specification, "OCI registry"](https://ocm.software)).
    pub image: ImageRef,
}

/// What a release needs before it can be tested: an asset of the draft, or an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    Asset(AssetName),
    Image { name: String, image: ImageRef },
}

impl Awaited {
    /// The artifact's key in the `artifacts` output.
    pub fn name(&self) -> &str {
        match self {
            Self::Asset(name) => name.as_str(),
            Self::Image { name, .. } => name,
        }
    }
}

impl ReleasePlan {
    /// Completes what is wanted by what only the repository's releases can tell.
    pub fn draw(wanted: Wanted, previous_tag: Option<Tag>, guard: Option<BranchGuard>) -> Self {
        Self {
            schema: Schema,
            repository: wanted.repository,
            version: wanted.version,
            tag: wanted.tag,
            tag_format: wanted.tag_format,
            commit: wanted.commit,
            run: wanted.run,
            previous_tag,
            prerelease: wanted.prerelease,
            make_latest: wanted.make_latest,
            on_existing: wanted.on_existing,
            replace_published: wanted.replace_published,
            guard,
            notes: wanted.notes,
            assets: wanted.assets,
            binary_image: wanted.binary_image,
            module: wanted.module,
            extra_images: wanted.extra_images,
        }
    }

    /// Takes back the plan that the phase `plan` gave out. `repository` is the one this run belongs to, where that is known.
    pub fn from_json(text: &str, repository: Option<&RepoSlug>) -> Result<Self, Diagnostic> {
        let invalid = |code, seen: &str, why: String, help: &str| {
            Diagnostic::value(
                code,
                "plan",
                seen.chars().take(80).collect::<String>(),
                why,
                help,
            )
        };
        let whole = "pass the output of the phase `plan` on unchanged: plan: ${{ needs.plan.outputs.plan }}";
        let value: serde_json::Value = serde_json::from_str(text).map_err(|e| {
            invalid(
                Code::PlanUnreadable,
                text,
                format!("is not JSON: {e}"),
                whole,
            )
        })?;
        let schema = value.get("schema").and_then(serde_json::Value::as_str);
        if schema != Some(SCHEMA) {
            return Err(invalid(
                Code::PlanSchema,
                schema.unwrap_or(text),
                format!("is not of the form {SCHEMA}, which this version reads"),
                "run the phase `plan` with the same version of the action as the later phases",
            ));
        }
        let plan: Self = serde_json::from_value(value).map_err(|e| {
            invalid(
                Code::PlanUnreadable,
                text,
                format!("is not a plan: {e}"),
                whole,
            )
        })?;
        match repository {
            Some(here) if !here.is_same(&plan.repository) => Err(invalid(
                Code::PlanRepository,
                &plan.repository.to_string(),
                format!("is for another repository than this run's, {here}"),
                "run the phase `plan` in this repository, and pass its output on",
            )),
            _ => Ok(plan),
        }
    }

    pub fn to_json(&self) -> String {
        // Serialising a struct of plain values into memory has no way to fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Names this plan in the draft's mark: the same plan gives the same digest on every machine.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_json().as_bytes())
    }

    /// The images that are waited for, by their names among the artifacts.
    pub fn images(&self) -> impl Iterator<Item = (String, ImageRef)> {
        self.awaited()
            .into_iter()
            .filter_map(|awaited| match awaited {
                Awaited::Image { name, image } => Some((name, image)),
                Awaited::Asset(_) => None,
            })
    }

    /// What is waited for, assets first, in a fixed order.
    pub fn awaited(&self) -> Vec<Awaited> {
        let image = |name: &str, image: &ImageRef| Awaited::Image {
            name: name.to_owned(),
            image: image.clone(),
        };
        let assets = self.assets.iter().cloned().map(Awaited::Asset);
        let binary = self.binary_image.iter().map(|i| image("binary-image", i));
        let module = self.module.iter().map(|m| image("module-image", &m.image));
        let extra = self.extra_images.iter().map(|i| image(&i.to_string(), i));
        assets.chain(binary).chain(module).chain(extra).collect()
    }

    /// Whether GitHub is to show it as the latest beside these published releases. By default that is the highest version
    /// of the tag format; a prerelease never is.
    pub fn becomes_latest(&self, published: &[String]) -> bool {
        let versions = published
            .iter()
            .filter_map(|tag| self.tag_format.version(tag));
        let highest = || versions.max().is_none_or(|max| max <= self.version);
        !self.prerelease && self.make_latest.unwrap_or_else(highest)
    }

    /// Our own comment for the draft's body.
    pub fn mark(&self, tag_was_there: bool) -> Mark {
        Mark {
            version: self.version.clone(),
            commit: self.commit.clone(),
            plan: self.digest(),
            run: self.run.clone(),
            tag_was_there,
            leftovers: BTreeSet::new(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A plan as the rehearsal's, for the tables of the phases.
    pub(crate) fn example() -> ReleasePlan {
        ReleasePlan::draw(example_wanted(), Some("v1.1.0".parse().unwrap()), None)
    }

    pub(crate) fn example_wanted() -> Wanted {
        let (tag, version, tag_format) = TagFormat::read("v1.2.0", None).unwrap();
        Wanted {
            repository: "kyma-project/btp-manager".parse().unwrap(),
            version,
            tag,
            tag_format,
            commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
            run: "17".into(),
            prerelease: false,
            make_latest: None,
            previous_tag: None,
            on_existing: OnExisting::Resume,
            replace_published: None,
            guard_branch: None,
            notes: NotesSource::Generated,
            assets: ["template.yaml", "rendered.yaml"]
                .map(|a| a.parse().unwrap())
                .into(),
            binary_image: Some("r.example/prod/btp-manager:v1.2.0".parse().unwrap()),
            module: None,
            extra_images: BTreeSet::new(),
        }
    }

    #[test]
    fn a_plan_comes_back_as_it_was() {
        let plan = example();
        let again = ReleasePlan::from_json(
            &plan.to_json(),
            Some(&"Kyma-Project/BTP-manager".parse().unwrap()),
        )
        .unwrap();
        assert_eq!(again, plan);
        assert_eq!(again.digest(), plan.digest());
    }

    #[test]
    fn another_plan_is_refused() {
        let json = example().to_json();
        let code = |text: &str, repository: &str| {
            ReleasePlan::from_json(text, Some(&repository.parse().unwrap()))
                .unwrap_err()
                .code
        };
        let here = "kyma-project/btp-manager";
        assert_eq!(
            code(&json, "kyma-project/keda-manager"),
            Code::PlanRepository
        );
        assert_eq!(code("", here), Code::PlanUnreadable);
        assert_eq!(code("{}", here), Code::PlanSchema);
        assert_eq!(
            code(&json.replace("plan/1", "plan/2"), here),
            Code::PlanSchema
        );
        assert_eq!(
            code(&json.replace("\"run\"", "\"extra\":1,\"run\""), here),
            Code::PlanUnreadable
        );
        assert_eq!(
            code(&json.replace("4e4b9d4", "xxxxxxx"), here),
            Code::PlanUnreadable
        );
    }

    #[test]
    fn the_latest_is_the_highest_of_its_format() {
        let latest = |plan: &ReleasePlan, published: &[&str]| {
            let published: Vec<String> = published.iter().map(ToString::to_string).collect();
            plan.becomes_latest(&published)
        };
        let plan = example();
        assert!(latest(&plan, &[]));
        assert!(
            latest(&plan, &["v1.1.0", "2.0.0", "junk"]),
            "others' formats"
        );
        assert!(latest(&plan, &["v1.2.0"]), "again");
        assert!(!latest(&plan, &["v1.10.0"]), "a patch of an old line");
        for wish in [true, false] {
            let asked = ReleasePlan {
                make_latest: Some(wish),
                ..plan.clone()
            };
            assert_eq!(latest(&asked, &["v2.0.0"]), wish);
        }
        let candidate = ReleasePlan {
            prerelease: true,
            make_latest: Some(true),
            ..plan
        };
        assert!(!latest(&candidate, &[]));
    }

    #[test]
    fn any_change_gives_another_digest() {
        let plan = example();
        let other = ReleasePlan {
            make_latest: Some(false),
            ..plan.clone()
        };
        assert_ne!(plan.digest(), other.digest());
    }
}
