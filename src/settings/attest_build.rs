//! Parses the arguments of `attest-build`.

use serde_json::{Map, Value};

use super::input_parser::InputParser;
use super::signing::signing_is_planned;
use super::{PhaseSettings, Prepared};
use crate::cli::{AttestBuildArgs, SigningInput};
use crate::domain::{Code, Diagnostic, ImageRef, SignerPattern};
use crate::phases::{AttestBuild, BuildOrigin, BuildToAttest};
use crate::plan::{MODULE_IMAGE, ReleasePlan};

/// The most bytes of `build-parameters`, which are those of a workflow's inputs and no files.
const MOST_PARAMETERS: usize = 64 * 1024;

impl PhaseSettings for AttestBuildArgs {
    fn signs(&self) -> bool {
        signing_is_planned(&self.plan)
    }

    fn signing(&self) -> Option<&SigningInput> {
        Some(&self.sigstore)
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let digest = parser.parse("digest", self.digest.as_ref());
        let parameters = self.build_parameters.as_deref().map(parameters);
        let parameters = parameters.map_or(Some(Map::new()), |given| {
            parser.take("build-parameters", given)
        });
        let attempt = self.build_attempt.as_deref().map(attempt);
        let attempt = attempt.and_then(|given| parser.take("build-attempt", given));
        let sbom = parser.path("sbom", self.sbom.as_ref());
        let builder = self.builder(parser);
        let context = parser.environment.context;
        let this_attempt = context.run_attempt.as_deref();
        let this_attempt = this_attempt.and_then(|attempt| attempt.parse().ok());
        let id_token = context.id_token();
        let run = parser.run_id();
        if self.image.is_none() {
            parser.missing("image", "name the image that was built: binary or module");
        }
        let plan = parser.plan(&self.plan, &self.common)?;
        let image = self.image.as_deref().map(|name| image_of(&plan, name));
        let image = image.and_then(|image| parser.take("image", image));
        let build = BuildToAttest {
            image: image?,
            digest,
            origin: if self.already_built {
                BuildOrigin::EarlierRun
            } else {
                BuildOrigin::ThisRun
            },
            parameters: parameters?,
            builder: builder?,
            run,
            attempt: attempt.or(this_attempt).unwrap_or(1),
            sbom,
            id_token,
        };
        Some(Prepared::planned(plan, |plan| {
            AttestBuild::new(plan, build)
        }))
    }
}

impl AttestBuildArgs {
    /// The address of the workflow that builds and signs. By default the one that was started, which signs unless it calls another
    /// one that does.
    fn builder(&self, parser: &mut InputParser<'_>) -> Option<String> {
        let context = parser.environment.context;
        let server = context.server_url.as_deref();
        let server = server.unwrap_or("https://github.com").trim_end_matches('/');
        let given = self.job_workflow.as_deref().map(str::trim);
        let Some(workflow) = given.or(context.workflow_ref.as_deref()) else {
            let help = "name the workflow that builds and signs: ${{ job.workflow_ref }}";
            parser.missing("job-workflow", help);
            return None;
        };
        parser.take("job-workflow", builder(server, workflow))
    }
}

/// The address of one workflow with its ref.
fn builder(server: &str, workflow: &str) -> Result<String, Diagnostic> {
    let refuse = |why: &str| {
        Diagnostic::value(
            Code::PatternInvalid,
            "workflow",
            workflow,
            why,
            "write job-workflow: ${{ job.workflow_ref }}",
        )
    };
    if workflow.contains('*') {
        return Err(refuse("is a pattern, and one workflow has built the image"));
    }
    let address = format!("{server}/{workflow}");
    let named = !workflow.contains(':') && address.parse::<SignerPattern>().is_ok();
    let (path, reference) = workflow.split_once('@').unwrap_or((workflow, ""));
    if !named || !path.contains("/.github/workflows/") || reference.is_empty() {
        return Err(refuse("is not the path of a workflow with its ref"));
    }
    Ok(address)
}

/// An image of the plan, by its name among the artifacts.
fn image_of(plan: &ReleasePlan, name: &str) -> Result<ImageRef, Diagnostic> {
    let name = match name.trim() {
        "binary" => "binary-image",
        "module" => MODULE_IMAGE,
        other => other,
    };
    let mut images = plan.images();
    if let Some((_, image)) = images.find(|(known, _)| known == name) {
        return Ok(image);
    }
    let known: Vec<String> = plan.images().map(|(known, _)| known).collect();
    let help = if known.is_empty() {
        "the release has no images: leave this step out".to_owned()
    } else {
        format!("name one of {}", known.join(", "))
    };
    let why = "is no image of the plan";
    Err(Diagnostic::value(
        Code::ChoiceInvalid,
        "image",
        name,
        why,
        help,
    ))
}

/// A JSON object.
fn parameters(text: &str) -> Result<Map<String, Value>, Diagnostic> {
    let refuse = |why: String| {
        let shown: String = text.chars().take(80).collect();
        let help =
            "write a JSON object, such as {\"dockerfile\": ${{ toJSON(inputs.dockerfile) }}}";
        Diagnostic::value(Code::BuildParametersInvalid, "value", &shown, why, help)
    };
    if text.len() > MOST_PARAMETERS {
        let len = text.len();
        return Err(refuse(format!(
            "has {len} bytes, and may have {MOST_PARAMETERS}"
        )));
    }
    serde_json::from_str(text).map_err(|error| refuse(format!("is no JSON object: {error}")))
}

fn attempt(text: &str) -> Result<u64, Diagnostic> {
    let attempt = text.trim().parse().ok().filter(|attempt| *attempt > 0);
    attempt.ok_or_else(|| {
        let why = "is not the number of an attempt, which are counted from 1";
        let help = "write build-attempt: ${{ needs.build.outputs.attempt }}, an output with ${{ github.run_attempt }}";
        Diagnostic::value(Code::ChoiceInvalid, "attempt", text, why, help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::example;

    #[test]
    fn builder_is_one_workflow_with_its_ref() {
        let server = "https://github.com";
        let whole =
            "kyma-project/btp-release-action/.github/workflows/post-build-image.yaml@refs/tags/v1";
        assert_eq!(builder(server, whole), Ok(format!("{server}/{whole}")));
        for (part, other) in [
            ("kyma-project/btp-release-action/", "https://github.com/"),
            ("@refs/tags/v1", ""),
            ("@refs/tags/v1", "@"),
            ("@refs/tags/v1", "@*"),
            ("/.github/workflows/", "/"),
            ("v1", "v 1"),
        ] {
            let text = whole.replace(part, other);
            assert_ne!(text, whole);
            let refused = builder(server, &text).map_err(|refusal| refusal.code);
            assert_eq!(refused, Err(Code::PatternInvalid), "{text}");
        }
    }

    #[test]
    fn image_is_one_of_the_plan() {
        let plan = example();
        let [(name, image), ..] = &plan.images().collect::<Vec<_>>()[..] else {
            panic!("no image");
        };
        assert_eq!(image_of(&plan, name).as_ref(), Ok(image));
        let refused = image_of(&plan, "other").unwrap_err();
        assert_eq!(refused.code, Code::ChoiceInvalid);
        assert!(refused.help.contains(name.as_str()), "{}", refused.help);
        let binary = plan.wanted.binary_image.clone().unwrap();
        assert_eq!(image_of(&plan, " binary "), Ok(binary));
    }

    #[test]
    fn parameters_are_a_short_object() {
        let read = parameters("{\"command\": \"make\\nimage\", \"pin\": true}").unwrap();
        assert_eq!(read["command"], "make\nimage");
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(MOST_PARAMETERS));
        for text in ["", "[]", "dockerfile=Dockerfile", "{\"a\": }", &long] {
            let refused = parameters(text).unwrap_err();
            assert_eq!(refused.code, Code::BuildParametersInvalid, "{text:.40}");
            assert!(refused.seen.len() < 400, "{}", refused.seen);
        }
    }

    #[test]
    fn attempts_are_counted_from_one() {
        assert_eq!(attempt(" 2\n"), Ok(2));
        for text in ["0", "-1", "first", ""] {
            assert!(attempt(text).is_err(), "{text}");
        }
    }
}
