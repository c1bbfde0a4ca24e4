//! Objects of the schema, and what resolving a field gives: a value, an object, or a list of objects.

use crate::fields;
use crate::github::call::ApiCall;
use crate::github::model::{
    Commit, GitHubWorld, GitRepository, Issue, Pull, StoredAsset, StoredMilestone, StoredRelease,
    StoredReview,
};
use serde_json::{Value, json};

/// What resolvers need besides the object itself.
pub(crate) struct ResolveContext<'a> {
    pub(crate) call: &'a ApiCall<'a>,
    /// As the replica has it.
    pub(crate) world: &'a GitHubWorld,
}

/// An object of the schema, resolved no further than it is asked for.
#[derive(Clone)]
pub(crate) enum Object<'a> {
    Query,
    Repository(&'a GitRepository),
    Release(&'a GitRepository, &'a StoredRelease),
    Asset(&'a GitRepository, &'a StoredRelease, &'a StoredAsset),
    Ref(&'a GitRepository, String),
    /// An annotated tag by the id of its object.
    Tag(&'a GitRepository, String),
    Commit(&'a GitRepository, String, &'a Commit),
    /// A comparison of two commits: the base and the head.
    Comparison(&'a GitRepository, String, String),
    /// The author of a commit or a tag: the name in git, the GitHub account if there is one, and the time.
    GitActor(String, Option<String>, u64),
    Pull(&'a GitRepository, u64, &'a Pull),
    Review(&'a GitRepository, &'a StoredReview),
    /// The answer to a mutation of a pull request: its type, and the client's own id.
    Payload(&'static str, &'a GitRepository, u64, &'a Pull, Value),
    /// A commit of a pull request.
    PullCommit(&'a GitRepository, String),
    Issue(&'a GitRepository, u64, &'a Issue),
    Label(&'a GitRepository, &'a str),
    Milestone(&'a GitRepository, u64, &'a StoredMilestone),
    /// A user, or a bot, by login.
    Actor(String),
    Connection(Box<Connection<'a>>),
    Edge(&'static str, String, Box<Object<'a>>),
    /// A small, completely resolved object of the named type.
    Json(&'static str, Value),
}

pub(crate) enum Resolved<'a> {
    Value(Value),
    Object(Object<'a>),
    List(Vec<Object<'a>>),
}

impl<'a> Resolved<'a> {
    /// An object, or `null`.
    pub(crate) fn maybe(object: Option<Object<'a>>) -> Resolved<'a> {
        object.map_or(Resolved::Value(Value::Null), Resolved::Object)
    }
}

impl From<Value> for Resolved<'_> {
    fn from(value: Value) -> Self {
        Resolved::Value(value)
    }
}

impl<'a> From<Object<'a>> for Resolved<'a> {
    fn from(object: Object<'a>) -> Self {
        Resolved::Object(object)
    }
}

impl<'a> Object<'a> {
    /// The concrete type, by which fragments are chosen.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Object::Query => "Query",
            Object::Repository(_) => "Repository",
            Object::Release(..) => "Release",
            Object::Asset(..) => "ReleaseAsset",
            Object::Ref(..) => "Ref",
            Object::Tag(..) => "Tag",
            Object::Commit(..) => "Commit",
            Object::Comparison(..) => "Comparison",
            Object::GitActor(..) => "GitActor",
            Object::Pull(..) => "PullRequest",
            Object::PullCommit(..) => "PullRequestCommit",
            Object::Review(..) => "PullRequestReview",
            Object::Issue(..) => "Issue",
            Object::Label(..) => "Label",
            Object::Milestone(..) => "Milestone",
            Object::Actor(login) if login.ends_with("[bot]") => "Bot",
            Object::Actor(_) => "User",
            Object::Connection(connection) => connection.type_name,
            Object::Payload(name, ..) | Object::Edge(name, ..) | Object::Json(name, _) => name,
        }
    }

    pub(crate) fn actor(login: &str) -> Object<'a> {
        Object::Actor(login.to_owned())
    }

    /// A commit by its id.
    pub(crate) fn commit(repository: &'a GitRepository, sha: &str) -> Option<Object<'a>> {
        let (sha, commit) = repository.commits.get_key_value(sha)?;
        Some(Object::Commit(repository, sha.clone(), commit))
    }

    /// A commit or an annotated tag by its id.
    pub(crate) fn git_object(repository: &'a GitRepository, sha: &str) -> Option<Object<'a>> {
        let tag = || {
            repository
                .tag_objects
                .contains_key(sha)
                .then(|| Object::Tag(repository, sha.to_owned()))
        };
        Object::commit(repository, sha).or_else(tag)
    }
}

/// One page of a list.
#[derive(Clone)]
pub(crate) struct Connection<'a> {
    pub(crate) type_name: &'static str,
    pub(crate) edge_type: &'static str,
    /// The page's items, each with its place in the whole.
    pub(crate) page: Vec<(usize, Object<'a>)>,
    pub(crate) total: usize,
}

/// Why a field is `null`: one of `errors` in the answer.
#[derive(Debug)]
pub(crate) struct FieldError {
    kind: Option<&'static str>,
    message: String,
}

impl FieldError {
    pub(crate) fn not_found(message: String) -> FieldError {
        FieldError {
            kind: Some("NOT_FOUND"),
            message,
        }
    }

    /// With the `type` that GitHub gives it.
    pub(crate) fn of_kind(kind: &'static str, message: String) -> FieldError {
        FieldError {
            kind: Some(kind),
            message,
        }
    }

    pub(crate) fn view(&self) -> Value {
        let mut view = json!({ "message": self.message });
        if let Some(kind) = self.kind {
            fields::set(&mut view, "type", kind);
        }
        view
    }
}

impl From<String> for FieldError {
    fn from(message: String) -> FieldError {
        FieldError {
            kind: None,
            message,
        }
    }
}

/// What a resolver gives: `None` where the schema names a field that it does not know.
pub(crate) type FieldResult<'a> = Result<Option<Resolved<'a>>, FieldError>;
