//! The plan itself, its JSON and its digest.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use super::json_text::{JsonObject, compact};
use super::{Mark, ModulePlan, Wanted};
use crate::domain::{AssetName, Code, CommitSha, Diagnostic, Digest, ImageRef, RepoSlug, Tag};

/// The name of the plan's JSON form. A plan of another form is refused, never guessed at.
const SCHEMA: &str = "btp-release-plan/1";

/// The help of every refusal.
const PASS_ON: &str =
    "pass the output of the phase `plan` on unchanged: plan: ${{ needs.plan.outputs.plan }}";

/// The complete definition of a release, made once and passed from phase to phase.
///
/// It keeps its JSON as it was made. [`ReleasePlan::digest`] is the digest of that text, so that it is the same in
/// every version of this program, regardless of the fields that the version supports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasePlan {
    /// The values from the inputs.
    pub wanted: Wanted,
    /// The release that the notes start from; none for a first release.
    pub previous_tag: Option<Tag>,
    /// The branch that must not move, if one is guarded.
    pub guard: Option<BranchGuard>,
    /// The plan's JSON without insignificant spaces; the other fields are read from it.
    text: String,
}

/// The branch onto which nothing may be merged between plan and publishing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchGuard {
    /// The branch's name, without `refs/heads/`.
    pub branch: String,
    /// The commit it pointed at when the plan was made.
    pub head: CommitSha,
}

/// The fields of the plan's JSON that are not those of [`Wanted`].
#[derive(Deserialize)]
struct WorkedOut {
    #[serde(rename = "schema")]
    _schema: Schema,
    previous_tag: Option<Tag>,
    guard: Option<BranchGuard>,
}

/// Deserialises from [`SCHEMA`] only.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Schema;

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

/// A requirement of the tests: an asset of the draft, or an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// An asset, by its file name.
    Asset(AssetName),
    /// An image by tag, and the name it has among the artifacts.
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
    /// Completes the wanted values with those that only the repository has.
    pub fn complete(wanted: Wanted, previous_tag: Option<Tag>, guard: Option<BranchGuard>) -> Self {
        // Serialising a struct of plain values into memory has no way to fail.
        let text = json(&wanted, previous_tag.as_ref(), guard.as_ref()).unwrap_or_default();
        Self {
            wanted,
            previous_tag,
            guard,
            text,
        }
    }

    /// Reads the plan that the phase `plan` gave out. `repository` is the one this run belongs to, where that is known.
    ///
    /// # Errors
    ///
    /// The text is not a plan of the form that this version reads, or it is a plan for another repository.
    pub fn from_json(text: &str, repository: Option<&RepoSlug>) -> Result<Self, Diagnostic> {
        let unreadable = |why: String| invalid(Code::PlanUnreadable, text, why, PASS_ON);
        let json: serde_json::Value =
            serde_json::from_str(text).map_err(|e| unreadable(format!("is not JSON: {e}")))?;
        let schema = json.get("schema").and_then(serde_json::Value::as_str);
        if schema != Some(SCHEMA) {
            return Err(invalid(
                Code::PlanSchema,
                schema.unwrap_or(text),
                format!("is not of the form {SCHEMA}, which this version reads"),
                "run the phase `plan` with the same version of the action as the later phases",
            ));
        }
        let plan = Self::read(text).map_err(|e| unreadable(format!("is not a plan: {e}")))?;
        match repository {
            Some(here) if !here.is_same(&plan.wanted.repository) => Err(invalid(
                Code::PlanRepository,
                &plan.wanted.repository.to_string(),
                format!("is for another repository than this run's, {here}"),
                "run the phase `plan` in this repository, and pass its output on",
            )),
            _ => Ok(plan),
        }
    }

    fn read(json: &str) -> serde_json::Result<Self> {
        let text = compact(json);
        let WorkedOut {
            previous_tag,
            guard,
            ..
        } = serde_json::from_str(&text)?;
        let wanted = serde_json::from_str(&text)?;
        Ok(Self {
            wanted,
            previous_tag,
            guard,
            text,
        })
    }

    /// The plan's JSON as it was made, unknown fields included.
    pub fn to_json(&self) -> String {
        self.text.clone()
    }

    /// Names this plan in the draft's mark: the digest of its JSON as it was made.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
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

    /// The awaited artifacts, assets first, in a fixed order.
    pub fn awaited(&self) -> Vec<Awaited> {
        let wanted = &self.wanted;
        let image = |name: &str, image: &ImageRef| Awaited::Image {
            name: name.to_owned(),
            image: image.clone(),
        };
        let assets = wanted.assets.iter().cloned().map(Awaited::Asset);
        let binary = wanted.binary_image.iter().map(|i| image("binary-image", i));
        let module = wanted.module.iter().flat_map(ModulePlan::images);
        let module = module.map(|(name, tagged)| image(name, tagged));
        let extra = wanted.extra_images.iter().map(|i| image(&i.to_string(), i));
        assets.chain(binary).chain(module).chain(extra).collect()
    }

    /// Whether GitHub is to show it as the latest release. By default that is the highest version of its line; a
    /// prerelease never is.
    pub fn becomes_latest(&self, higher_is_released: bool) -> bool {
        let wanted = &self.wanted;
        !wanted.prerelease && wanted.make_latest.unwrap_or(!higher_is_released)
    }

    /// Our own comment for a new draft's body.
    pub fn mark(&self, tag_was_there: bool) -> Mark {
        Mark {
            version: self.wanted.version.clone(),
            commit: self.wanted.commit.clone(),
            plan: self.digest(),
            run: self.wanted.run.clone(),
            tag_was_there,
            leftovers: BTreeSet::new(),
            tag_when: self.wanted.tag_when,
            found: JsonObject::default(),
        }
    }

    /// The mark of a draft that another plan made and this one continues: the fields about the draft are kept.
    pub fn renewed_mark(&self, mark: &Mark) -> Mark {
        Mark {
            version: self.wanted.version.clone(),
            commit: self.wanted.commit.clone(),
            plan: self.digest(),
            run: self.wanted.run.clone(),
            tag_when: self.wanted.tag_when,
            ..mark.clone()
        }
    }
}

fn invalid(code: Code, seen: &str, why: String, help: &str) -> Diagnostic {
    let seen: String = seen.chars().take(80).collect();
    Diagnostic::value(code, "plan", seen, why, help)
}

/// The plan's JSON. The order of its fields is that of the first version.
fn json(
    wanted: &Wanted,
    previous_tag: Option<&Tag>,
    guard: Option<&BranchGuard>,
) -> serde_json::Result<String> {
    let mut fields = JsonObject::of(wanted)?;
    fields.insert_before("repository", "schema", &SCHEMA)?;
    fields.insert_before("prerelease", "previous_tag", &previous_tag)?;
    fields.insert_before("notes", "guard", &guard)?;
    serde_json::to_string(&fields)
}

impl Serialize for ReleasePlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.text).map_err(ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ReleasePlan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(raw.get()).map_err(de::Error::custom)
    }
}
