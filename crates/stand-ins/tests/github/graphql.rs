//! GraphQL answers as the specification and GitHub's own schema say.
//! <https://spec.graphql.org/October2021/>
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

use super::common::Api;
use serde_json::{Value, json};
use stand_ins::github::{StoredAutoMerge, StoredQueueEntry};

const NAME: &str = "kyma-project/btp-manager";
const REPOSITORY: &str = "repository(owner: \"kyma-project\", name: \"btp-manager\")";

/// The repository's part of the data, from a query that has no errors.
async fn data(api: &Api, selection: &str, variables: Value) -> Value {
    let answer = api.graphql(selection, variables).await;
    assert!(answer.body.get("errors").is_none(), "{}", answer.body);
    answer.body["data"]["repository"].clone()
}

async fn errors(api: &Api, query: &str, variables: Value) -> Vec<String> {
    let answer = api.graphql(query, variables).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.get("data").is_none(), "{}", answer.body);
    let errors = answer.body["errors"].as_array().unwrap().iter();
    errors
        .map(|error| error["message"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn graphql_expands_fragments_by_concrete_type() {
    let api = Api::start().await;
    let query = format!(
        "query {{ {REPOSITORY} {{
            ...names
            object(expression: \"main\") {{
                __typename
                ... on Commit {{ messageHeadline ...of_commit }}
                ... on Tag {{ tagger {{ name }} }}
            }}
            issueOrPullRequest(number: 1) {{ __typename ... on Issue {{ number }} ... on PullRequest {{ merged }} }}
        }} }}
        fragment names on Repository {{ name owner {{ login ... on User {{ id }} }} }}
        fragment of_commit on Commit {{ author {{ user {{ login }} }} }}"
    );
    let found = data(&api, &query, Value::Null).await;
    assert_eq!(found["name"], "btp-manager");
    assert_eq!(found["owner"]["login"], "kyma-project");
    assert!(found["owner"]["id"].is_string());
    let commit = json!({
        "__typename": "Commit",
        "messageHeadline": "Support a proxy (#3)",
        "author": { "user": { "login": "linus" } },
    });
    assert_eq!(found["object"], commit);
    let pull = json!({ "__typename": "PullRequest", "merged": true });
    assert_eq!(found["issueOrPullRequest"], pull);
}

#[tokio::test]
async fn graphql_merges_repeated_fields_and_honours_directives() {
    let api = Api::start().await;
    let query = format!(
        "query ($with: Boolean!, $without: Boolean = true) {{ {REPOSITORY} {{
            owner {{ login }} owner {{ __typename }}
            name @include(if: $with) url @skip(if: $without)
            again: nameWithOwner
        }} }}"
    );
    let found = data(&api, &query, json!({ "with": false })).await;
    let owner = json!({ "login": "kyma-project", "__typename": "User" });
    assert_eq!(found, json!({ "owner": owner, "again": NAME }));
}

/// "The `first` and `last` arguments … within 1-100":
/// <https://docs.github.com/en/graphql/guides/using-pagination-in-the-graphql-api>
#[tokio::test]
async fn graphql_connections_are_paged_by_cursor() {
    let api = Api::start().await;
    let query = format!(
        "query ($after: String) {{ {REPOSITORY} {{ pullRequests(first: 2, after: $after) {{
            totalCount nodes {{ number }} edges {{ cursor node {{ number }} }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
        }} }} }}"
    );
    let first = data(&api, &query, Value::Null).await["pullRequests"].clone();
    assert_eq!(first["nodes"], json!([{ "number": 1 }, { "number": 2 }]));
    assert_eq!(first["totalCount"], 3);
    let page = &first["pageInfo"];
    assert_eq!(page["hasNextPage"], true);
    assert_eq!(page["endCursor"], first["edges"][1]["cursor"]);
    let second = data(&api, &query, json!({ "after": page["endCursor"] })).await;
    let second = &second["pullRequests"];
    assert_eq!(second["nodes"], json!([{ "number": 3 }]));
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    assert_eq!(second["pageInfo"]["hasPreviousPage"], true);

    let too_many = format!("{{ {REPOSITORY} {{ pullRequests(first: 101) {{ totalCount }} }} }}");
    let refused = api.graphql(&too_many, Value::Null).await;
    let message = refused.body["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("exceeds the `first` limit of 100"),
        "{message}"
    );
    assert_eq!(
        refused.body["errors"][0]["path"],
        json!(["repository", "pullRequests"])
    );
}

#[tokio::test]
async fn graphql_filters_history_and_issues() {
    let api = Api::start().await;
    let query = format!(
        "{{ {REPOSITORY} {{
            object(expression: \"refs/heads/main\") {{ ... on Commit {{
                history(since: \"2025-01-06T11:00:00Z\") {{ totalCount nodes {{
                    associatedPullRequests(first: 1) {{ nodes {{ number labels(first: 5) {{ nodes {{ name }} }} }} }}
                }} }}
            }} }}
            issues(states: OPEN, filterBy: {{ labels: [\"bug\"] }}, first: 5) {{ nodes {{ title }} }}
            ref(qualifiedName: \"refs/tags/1.0.0\") {{ name prefix target {{ oid }} }}
            releases(first: 5, orderBy: {{ field: CREATED_AT, direction: DESC }}) {{ nodes {{ tagName isLatest }} }}
        }} }}"
    );
    api.github
        .world()
        .token("person", stand_ins::github::Token::pat("ada"));
    let mut api = api;
    api.act_as(Some("person"));
    let issue = |title: &str, label: &str| json!({ "title": title, "labels": [label] });
    for sent in [issue("A", "bug"), issue("B", "question")] {
        assert_eq!(api.post("issues", sent).await.status, 201);
    }
    let found = data(&api, &query, Value::Null).await;
    let history = &found["object"]["history"];
    assert_eq!(history["totalCount"], 2);
    let pull = json!({ "number": 3, "labels": { "nodes": [{ "name": "kind/feature" }] } });
    assert_eq!(
        history["nodes"][0]["associatedPullRequests"]["nodes"],
        json!([pull])
    );
    assert_eq!(found["issues"]["nodes"], json!([{ "title": "A" }]));
    assert_eq!(
        (&found["ref"]["name"], &found["ref"]["prefix"]),
        (&json!("1.0.0"), &json!("refs/tags/"))
    );
    assert_eq!(
        found["releases"]["nodes"],
        json!([{ "tagName": "1.0.0", "isLatest": true }])
    );
}

#[tokio::test]
async fn graphql_refuses_invalid_queries() {
    let api = Api::start().await;
    for (query, wanted) in [
        ("{ repository", "Parse error"),
        (
            "mutation { x }",
            "Field 'x' doesn't exist on type 'Mutation'",
        ),
        (
            "query A { viewer { login } } query B { viewer { login } }",
            "An operation name is required",
        ),
        (
            "{ viewer { ...missing } }",
            "Fragment missing was used, but not defined",
        ),
        (
            "{ viewer { ...a } } fragment a on User { ...a }",
            "infinite loop",
        ),
        ("{ viewer }", "Field must have selections"),
        (
            "{ viewer { login { x } } }",
            "Selections can't be made on scalars",
        ),
        (
            "{ repository(name: \"x\") { id } }",
            "missing required arguments: owner",
        ),
        (
            "{ viewer(x: 1) { login } }",
            "Field 'viewer' doesn't accept argument 'x'",
        ),
        (
            "{ viewer { nonsense } }",
            "Field 'nonsense' doesn't exist on type 'User'",
        ),
        (
            "{ viewer { ... on Nonsense { id } } }",
            "No such type Nonsense",
        ),
        (
            "query ($x: String!) { user(login: $x) { login } }",
            "Variable $x of type String! was provided invalid value",
        ),
    ] {
        let found = errors(&api, query, Value::Null).await;
        assert!(found[0].contains(wanted), "{query}: {found:?}");
    }
    let list = json!({ "x": ["a"] });
    let query = "query ($x: String!) { user(login: $x) { login } }";
    let found = errors(&api, query, list).await;
    assert!(found[0].contains("was provided invalid value"), "{found:?}");
}

#[tokio::test]
async fn graphql_chooses_the_named_operation() {
    let api = Api::start().await;
    let query = "query A { a: viewer { login } } query B { b: viewer { login } }";
    let body = json!({ "query": query, "operationName": "B" });
    let answer = api.post("/graphql", body).await;
    assert_eq!(
        answer.body["data"],
        json!({ "b": { "login": "github-actions[bot]" } })
    );
}

#[tokio::test]
async fn graphql_introspection_describes_types() {
    let api = Api::start().await;
    let query = "{
        __type(name: \"Release\") { kind name fields(includeDeprecated: true) { name type { kind ofType { name } } } }
        union: __type(name: \"IssueOrPullRequest\") { possibleTypes { name } }
        none: __type(name: \"Nonsense\") { name }
        __schema { queryType { name } types { name } }
    }";
    let answer = api.graphql(query, Value::Null).await;
    let data = &answer.body["data"];
    assert_eq!(data["__type"]["kind"], "OBJECT");
    let fields = data["__type"]["fields"].as_array().unwrap();
    let tag = fields
        .iter()
        .find(|field| field["name"] == "tagName")
        .unwrap();
    assert_eq!(
        tag["type"],
        json!({ "kind": "NON_NULL", "ofType": { "name": "String" } })
    );
    assert_eq!(
        data["union"]["possibleTypes"],
        json!([{ "name": "Issue" }, { "name": "PullRequest" }])
    );
    assert_eq!(data["none"], Value::Null);
    assert_eq!(data["__schema"]["queryType"]["name"], "Query");
}

/// Every field of the schema is answered: a query that asks for all of them, some levels deep, has no errors.
#[tokio::test]
async fn graphql_answers_every_field_of_its_schema() {
    let mut api = Api::start().await;
    {
        let mut world = api.github.world();
        world.token("person", stand_ins::github::Token::pat("ada"));
        let repository = world.repository(NAME);
        repository.annotated_tag("2.0.0", "Two");
        repository.publish("2.0.0");
    }
    api.act_as(Some("person"));
    let issue = json!({ "title": "A", "labels": ["bug"] });
    assert_eq!(api.post("issues", issue).await.status, 201);
    api.github
        .world()
        .repository(NAME)
        .push("bump", "ada", "Bump", &[("a.yaml", Some("a: 1\n"))]);
    let pull = json!({ "title": "Bump", "head": "bump", "base": "main" });
    assert_eq!(api.post("pulls", pull).await.status, 201);
    let comment = json!({ "body": "x" });
    assert_eq!(api.post("issues/5/comments", comment).await.status, 201);
    {
        let mut world = api.github.world();
        let repository = world.repository(NAME);
        repository.set_check("bump", "build", Some("success"));
        repository.on("bump").status("deploy", "pending").on("main");
        repository.review(5, "grace", "APPROVED");
        let pull = repository.pulls.get_mut(&5).unwrap();
        pull.requested_reviewers.push("linus".into());
        pull.auto_merge = Some(StoredAutoMerge::default());
        pull.queue_entry = Some(StoredQueueEntry::default());
    }
    let release = api.get("releases/tags/2.0.0").await.id();
    assert_eq!(api.upload(release, "a.txt", b"abc").await.status, 201);

    let query = "{ __schema { types { name kind
        possibleTypes { name }
        fields { name args { name type { kind name ofType { name } } }
            type { kind name ofType { kind name ofType { kind name ofType { name } } } } } } } }";
    let answer = api.graphql(query, Value::Null).await;
    let types = answer.body["data"]["__schema"]["types"].as_array().unwrap();
    let selection = all_fields(types, "Query", 5);
    let answer = api
        .graphql(&format!("{{ {selection} }}"), Value::Null)
        .await;
    assert!(
        answer.body.get("errors").is_none(),
        "{}",
        answer.body["errors"]
    );
    let repository = &answer.body["data"]["repository"];
    assert_eq!(
        repository["release"]["releaseAssets"]["nodes"][0]["name"],
        "a.txt"
    );
    assert_eq!(repository["object"]["__typename"], "Commit");
    let pull = &repository["pullRequest"];
    assert_eq!(pull["mergeQueueEntry"]["position"], 1);
    assert_eq!(pull["reviews"]["nodes"][0]["state"], "APPROVED");
    assert_eq!(pull["statusCheckRollup"]["contexts"]["totalCount"], 2);
}

/// A selection of everything below a type, as deep as that.
fn all_fields(types: &[Value], name: &str, depth: usize) -> String {
    let of_type = types.iter().find(|found| found["name"] == name).unwrap();
    let mut selection = vec!["__typename".to_owned()];
    for field in of_type["fields"].as_array().into_iter().flatten() {
        let field_name = field["name"].as_str().unwrap();
        let base = base(&field["type"]);
        let composite = types.iter().any(|found| {
            let kinds = ["OBJECT", "INTERFACE", "UNION"];
            found["name"] == base && kinds.contains(&found["kind"].as_str().unwrap())
        });
        if field_name.starts_with("__") || (composite && depth == 0) {
            continue;
        }
        let mut arguments = arguments(name, field_name, &field["args"]);
        if !arguments.is_empty() {
            arguments = format!("({arguments})");
        }
        let mut inner = String::new();
        if composite {
            inner = format!("{{ {} }}", all_fields(types, base, depth - 1));
        }
        selection.push(format!("{field_name}{arguments} {inner}"));
    }
    // What an interface or a union leaves out, its types have.
    let possible = of_type["possibleTypes"].as_array();
    for possible in possible.into_iter().flatten().filter(|_| depth > 0) {
        let possible = possible["name"].as_str().unwrap();
        let inner = all_fields(types, possible, depth - 1);
        selection.push(format!("... on {possible} {{ {inner} }}"));
    }
    selection.join(" ")
}

fn base(of_type: &Value) -> &str {
    of_type["name"]
        .as_str()
        .unwrap_or_else(|| base(&of_type["ofType"]))
}

/// Arguments that refer to existing objects of the example.
fn arguments(of_type: &str, field: &str, all: &Value) -> String {
    let known = match (of_type, field) {
        ("Repository", "object") => "expression: \"main\"",
        ("Repository", "issue") => "number: 4",
        ("Repository", "pullRequest") => "number: 5",
        ("Repository", "issueOrPullRequest") => "number: 3",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let values = [
        ("owner", "\"kyma-project\""),
        ("name", "\"btp-manager\""),
        ("login", "\"ada\""),
        // The first repository.
        ("id", "\"R_AAAAAAAAAAE\""),
        ("tagName", "\"2.0.0\""),
        ("qualifiedName", "\"refs/tags/2.0.0\""),
        ("refPrefix", "\"refs/\""),
        ("headRef", "\"main\""),
        ("query", "\"repo:kyma-project/btp-manager\""),
        ("type", "ISSUE"),
    ];
    let required = all.as_array().unwrap().iter();
    let required = required.filter(|argument| argument["type"]["kind"] == "NON_NULL");
    let required = required.map(|argument| {
        let name = argument["name"].as_str().unwrap();
        let (_, value) = values.iter().find(|(known, _)| *known == name).unwrap();
        format!("{name}: {value}")
    });
    required.collect::<Vec<_>>().join(", ")
}
