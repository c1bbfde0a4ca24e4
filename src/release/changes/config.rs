//! `.github/release.yml`, which says how GitHub groups pull requests
//! (<https://docs.github.com/en/repositories/releasing-projects-on-github/automatically-generated-release-notes#configuration-options>).

use ocm_module::yaml;
use serde_json::Value;

use crate::domain::{Code, Diagnostic};
use crate::protocol::SeenPull;

/// Longer files are refused. The longest that is known has 3 KB.
const LONGEST: usize = 64 << 10;
/// The label that stands for all.
const ANY: &str = "*";

/// The configuration; without a file, as GitHub does without one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReleaseConfig {
    exclude: Exclusion,
    pub(crate) categories: Vec<NotesCategory>,
}

/// A group of pull requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotesCategory {
    pub(crate) title: String,
    labels: Vec<String>,
    exclude: Exclusion,
}

/// Which pull requests are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Exclusion {
    labels: Vec<String>,
    authors: Vec<String>,
}

impl ReleaseConfig {
    pub(crate) fn read(text: Option<&str>) -> Result<Self, Diagnostic> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        if text.len() > LONGEST {
            return Err(invalid("it is longer than 64 KiB"));
        }
        let value = yaml::document(text).map_err(|error| invalid(&error.to_string()))?;
        let changelog = match &value {
            Value::Null => &Value::Null,
            Value::Object(fields) => fields.get("changelog").unwrap_or(&Value::Null),
            _ => return Err(invalid("it is no map")),
        };
        let read = || {
            let exclude = exclusion(changelog, "changelog.exclude")?;
            let mut categories = Vec::new();
            for category in list(changelog, "categories", "changelog.categories")? {
                let title = category.get("title").and_then(Value::as_str);
                categories.push(NotesCategory {
                    title: title
                        .ok_or("a category in changelog.categories has no title")?
                        .to_owned(),
                    labels: words(category, "labels", "categories[].labels")?,
                    exclude: exclusion(category, "categories[].exclude")?,
                });
            }
            Ok(Self {
                exclude,
                categories,
            })
        };
        read().map_err(|why: String| invalid(&why))
    }

    /// Whether GitHub leaves a pull request out.
    pub(crate) fn leaves_out(&self, pull: &SeenPull) -> bool {
        self.exclude.has(pull)
    }

    /// The place of the category that a pull request stands in; `None` for one that fits none.
    pub(crate) fn category_of(&self, pull: &SeenPull) -> Option<usize> {
        let fits = |category: &NotesCategory| {
            let mut labels = category.labels.iter();
            labels.any(|label| label == ANY || has_label(pull, label))
                && !category.exclude.has(pull)
        };
        self.categories.iter().position(fits)
    }

    /// Each label of the categories once, but for the one that stands for all.
    pub(crate) fn labels(&self) -> Vec<&str> {
        let mut labels: Vec<&str> = Vec::new();
        for label in self.categories.iter().flat_map(|category| &category.labels) {
            if label != ANY && !labels.iter().any(|known| known.eq_ignore_ascii_case(label)) {
                labels.push(label);
            }
        }
        labels
    }
}

impl Exclusion {
    fn has(&self, pull: &SeenPull) -> bool {
        let plain = |login: &str| login.trim_end_matches("[bot]").to_ascii_lowercase();
        let author = pull.login.as_deref().map(plain);
        self.labels.iter().any(|label| has_label(pull, label))
            || self.authors.iter().any(|name| author == Some(plain(name)))
    }
}

/// Two labels of a repository differ in more than upper and lower case.
pub(super) fn has_label(pull: &SeenPull, label: &str) -> bool {
    pull.labels
        .iter()
        .any(|of_pull| of_pull.eq_ignore_ascii_case(label))
}

fn exclusion(of: &Value, place: &str) -> Result<Exclusion, String> {
    let exclude = of.get("exclude").unwrap_or(&Value::Null);
    Ok(Exclusion {
        labels: words(exclude, "labels", place)?,
        authors: words(exclude, "authors", place)?,
    })
}

fn list<'a>(of: &'a Value, field: &str, place: &str) -> Result<&'a [Value], String> {
    match of.get(field) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("{field} of {place} is no list")),
    }
}

fn words(of: &Value, field: &str, place: &str) -> Result<Vec<String>, String> {
    let word = |item: &Value| match item {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(format!("{field} of {place} has an item that is no text")),
    };
    list(of, field, place)?.iter().map(word).collect()
}

fn invalid(why: &str) -> Diagnostic {
    Diagnostic::error(
        Code::ReleaseConfigInvalid,
        format!(".github/release.yml cannot be used: {why}"),
        "write it as https://docs.github.com/en/repositories/releasing-projects-on-github/automatically-generated-release-notes describes, and texts such as yes or no in quotes",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pull(login: Option<&str>, labels: &[&str]) -> SeenPull {
        SeenPull {
            number: 1,
            title: "A".into(),
            login: login.map(str::to_owned),
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            base: "main".into(),
            merge_commit: None,
            merged_at: "2025-01-06T09:00:00Z".into(),
        }
    }

    /// The example of GitHub's page, with an author and an exclusion more.
    const EXAMPLE: &str = "
changelog:
  exclude:
    labels:
      - ignore-for-release
    authors:
      - octocat
      - dependabot[bot]
  categories:
    - title: Breaking Changes 🛠
      labels:
        - Semver-Major
        - breaking-change
    - title: Exciting New Features 🎉
      labels: [Semver-Minor, enhancement, 42]
      exclude:
        labels: [duplicate]
        authors: [renovate]
    - title: Other Changes
      labels: ['*']
";

    #[test]
    fn categories_are_those_that_github_chooses() {
        let config = ReleaseConfig::read(Some(EXAMPLE)).unwrap();
        for (login, labels, expected) in [
            (
                Some("ada"),
                &["enhancement", "Breaking-Change"][..],
                Some(0),
            ),
            (Some("ada"), &["enhancement"], Some(1)),
            (Some("ada"), &["42"], Some(1)),
            (Some("ada"), &["enhancement", "duplicate"], Some(2)),
            (Some("renovate[bot]"), &["enhancement"], Some(2)),
            (None, &[], Some(2)),
        ] {
            let pull = pull(login, labels);
            assert!(!config.leaves_out(&pull));
            assert_eq!(config.category_of(&pull), expected, "{login:?} {labels:?}");
        }
        assert!(config.leaves_out(&pull(Some("Octocat"), &[])));
        assert!(config.leaves_out(&pull(Some("dependabot[bot]"), &[])));
        assert!(config.leaves_out(&pull(Some("ada"), &["Ignore-For-Release"])));
        let labels = [
            "Semver-Major",
            "breaking-change",
            "Semver-Minor",
            "enhancement",
            "42",
        ];
        assert_eq!(config.labels(), labels);
    }

    #[test]
    fn files_are_optional_and_bounded() {
        for text in [
            None,
            Some(""),
            Some("changelog:"),
            Some("changelog: {other: 1}\nmore: x"),
        ] {
            let config = ReleaseConfig::read(text).unwrap();
            assert_eq!(config, ReleaseConfig::default(), "{text:?}");
            assert_eq!(config.category_of(&pull(None, &["x"])), None);
        }
        let deep = format!("changelog: {}{}", "[".repeat(200), "]".repeat(200));
        let long = format!("# {}", "x".repeat(LONGEST));
        for text in ["\0", "[]", "a: 1\na: 2", "--- {}\n--- {}", &deep, &long] {
            let refused = ReleaseConfig::read(Some(text)).unwrap_err();
            assert_eq!(refused.code, Code::ReleaseConfigInvalid, "{text:.20}");
        }
    }
}
