//! Answers that are refusals, pages for browsers or redirects, from GitHub and from registries.

use crate::process::{REPOSITORY, Run, TOKEN};
use crate::servers::{Canned, Reply};

/// What a server answers, given the credential that it was sent.
type Answer = fn(&str) -> Reply;

const LOGIN: &str = "<!doctype html>\n<html><head><title>Sign in\n to \u{1b}[31mACME</title></head><body>x</body></html>";
const PASSWORD: &str = "pa55word";

fn json(status: u16, body: &str) -> Reply {
    Reply(
        status,
        "content-type: application/json\r\n".into(),
        body.into(),
    )
}

fn page(status: u16, body: &str) -> Reply {
    let headers = "content-type: text/html; charset=utf-8\r\n";
    Reply(status, headers.into(), body.into())
}

/// What `plan` says when GitHub answers the first request with this; `{list}` stands for the address that is asked.
async fn assert_plan_says(answer: fn(&str) -> Reply, code: i32, said: &str) {
    let server = Canned::start(move |_, sent| answer(sent));
    let ended = Run::terminal("plan v1.2.0 --timeout=2s").api(&server.url());
    let list = format!(
        "{}/repos/{REPOSITORY}/git/matching-refs/tags/",
        server.url()
    );
    let said = said.replace("{list}", &list);
    ended.end().await.assert_says(code, &said);
}

#[tokio::test(flavor = "multi_thread")]
async fn github_refusals_speak_of_the_token_or_of_the_repository() {
    let cases: [(Answer, &str); 5] = [
        (
            |_| json(401, r#"{"message":"Bad credentials"}"#),
            "denied with 401: Bad credentials\n  help: GitHub does not know this token, or no longer: check `github-token` (for \
             `publish` also `publish-token`, for another repository `target-token`); on a terminal, the variable GITHUB_TOKEN\n",
        ),
        (
            |_| {
                json(
                    403,
                    r#"{"message":"Resource not accessible by integration"}"#,
                )
            },
            "denied with 403: Resource not accessible by integration\n  help: GitHub knows the token (`github-token`, for another repository `target-token`), which lacks the \
             right for this\n",
        ),
        (
            |_| json(404, r#"{"message":"Not Found"}"#),
            "list the tags …: denied with 404: Not Found\n  help: is kyma-project/btp-manager the right \
             name, and may the token (`github-token`, for another repository `target-token`) see that repository? GitHub answers 404 as well for what a token may not see\n",
        ),
        (
            |_| {
                let right = "x-accepted-github-permissions: contents=read\r\n";
                Reply(404, right.into(), r#"{"message":"Not Found"}"#.into())
            },
            "GitHub answers 404 as well for what a token may not see\n  help: give the job these rights, or the GitHub App whose token \
             it uses:\n  help: permissions:\n  help:   contents: read\n",
        ),
        (
            |sent| page(403, &format!("<p>Blocked: {sent}</p>")),
            "denied with 403: Forbidden ({list} answers with text/html; charset=utf-8: \"Blocked: Bearer \
             ***\")\n",
        ),
    ];
    for (answer, said) in cases {
        assert_plan_says(answer, 13, said).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_answers_say_who_gave_them() {
    assert_plan_says(
        |_| page(200, LOGIN),
        12,
        "error[content-broken] plan: list the tags …: GitHub's answer cannot be read: \
         {list} answers with text/html; charset=utf-8: \"Sign in to [31mACME\" (request unknown)\n",
    )
    .await;
    assert_plan_says(
        |sent| page(200, &format!("<b>{sent}")),
        12,
        "answers with text/html; charset=utf-8: \"Bearer ***\" (request unknown)\n",
    )
    .await;
    assert_plan_says(
        |_| json(200, "{}"),
        12,
        "GitHub's answer cannot be read: {list} answers: invalid type: map, expected a sequence",
    )
    .await;
    assert_plan_says(
        |_| {
            let target = "location: https://user:s3cret@login.example/sso?token=s3cret#x\r\n";
            Reply(302, target.into(), String::new())
        },
        12,
        "refused with 302: Found: GitHub redirects to https://login.example/sso\n  help: something in between, such as a login page, \
         answers in its place: check the address, HTTPS_PROXY and NO_PROXY\n",
    )
    .await;
}

/// What is known of a repository by GraphQL only is denied as over REST.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_repository_is_asked_after_by_every_phase() {
    let body = r#"{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","message":"Could not resolve to a Repository"}]}"#;
    let server = Canned::start(|line, _| match line {
        "POST /graphql" => json(200, body),
        _ => json(404, r#"{"message":"Not Found"}"#),
    });
    for phase in ["status", "verify", "discard"] {
        let ended = Run::terminal(&format!("{phase} v1.2.0")).api(&server.url());
        let said = format!(
            "denied with 404: Could not resolve to a Repository\n  help: is {REPOSITORY} the right name"
        );
        ended.end().await.assert_says(13, &said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_refusals_speak_of_that_registry_and_its_credentials() {
    let help = "\n  help: check the credentials for {host}: `registry-username` and `registry-password` (on a terminal \
                REGISTRY_PASSWORD), or `registry-config`, and that they may do this in a/b; registries also answer so for a repository \
                that is not there\n";
    let cases: [(Answer, i32, String); 5] = [
        (
            |_| json(401, r#"{"errors":[{"code":"UNAUTHORIZED","message":"who?"}]}"#),
            13,
            format!("denied with 401: UNAUTHORIZED: who? (asked as user \"bob\"){help}"),
        ),
        (
            |sent| page(403, &format!("<title>Blocked {sent}</title>")),
            13,
            format!(
                "denied with 403: Forbidden (http://{{host}}/v2/a/b/manifests/1 answers with text/html; charset=utf-8: \"Blocked\") \
                 (asked as user \"bob\"){help}"
            ),
        ),
        (
            |_| page(200, LOGIN),
            12,
            "http://{host}/v2/a/b/manifests/1 answers with text/html; charset=utf-8: \"Sign in to [31mACME\"\n".into(),
        ),
        (
            |sent| match sent {
                "" => Reply(401, "www-authenticate: Basic realm=\"x\"\r\n".into(), String::new()),
                sent => Reply(403, String::new(), format!("you sent {sent}, which is bob:{PASSWORD}")),
            },
            13,
            "denied with 403: you sent Basic ***, which is *** (asked as user \"bob\")\n".into(),
        ),
        (
            |_| Reply(302, "location: http://login.example/sso?t=s3cret\r\n".into(), String::new()),
            12,
            "sent on to login.example without HTTPS\n".into(),
        ),
    ];
    for (answer, code, said) in cases {
        let server = Canned::start(move |line, sent| match line {
            // A body comes with GET only.
            line if line.starts_with("HEAD ") => {
                let Reply(status, headers, _) = answer(sent);
                match status {
                    401 if headers.contains("www-authenticate") => {
                        Reply(401, headers, String::new())
                    }
                    200 | 401 | 403 => Reply(405, headers, String::new()),
                    _ => Reply(status, headers, String::new()),
                }
            }
            _ => answer(sent),
        });
        let ended = Run::terminal(&format!(
            "inspect-module {}/a/b:1 --registry-username=bob",
            server.host
        ))
        .env("REGISTRY_PASSWORD", PASSWORD)
        .end()
        .await;
        ended.assert_says(code, &said.replace("{host}", &server.host));
        for secret in [PASSWORD, "Ym9iOn", "s3cret"] {
            assert!(!ended.log.contains(secret), "{}", ended.log);
        }
    }
    assert!(!TOKEN.is_empty());
}
