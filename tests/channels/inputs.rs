//! Inputs that a kind of proposal does not take, or does not go without.

use btp_release::cli::{Cli, Command, arguments_of_step};
use btp_release::domain::{Code, FormatCode};
use btp_release::settings::{self, Context, Environment};
use clap::Parser as _;

use super::release::RUN;
use super::support::scene::{Scene, TAG};
use super::{COMPONENT, MANIFESTS};

/// A name and a value.
type TypedInput = (&'static str, &'static str);

const SUBMISSION: TypedInput = ("kind", "submission");
const PROMOTION: TypedInput = ("kind", "promotion");
const NAME: TypedInput = ("module-name", COMPONENT);
const CONFIG: TypedInput = ("module-config", "module-config.yaml");
const CHANNEL: TypedInput = ("channel", "fast");
const SET: TypedInput = ("set", "a.yaml: version = {version}");
const FILES: TypedInput = ("files", "a.yaml");
const GUARD: TypedInput = ("guard", "only-ours");

fn refused(scene: &Scene, more: &[(&str, &str)]) -> Vec<Code> {
    let usual = [("version", TAG), ("target-repository", MANIFESTS)];
    let env = scene.env(RUN, "propose", &[&usual, more].concat());
    let cli = Cli::try_parse_from(arguments_of_step(&env).unwrap()).unwrap();
    let Command::Phase(args) = cli.command else {
        panic!("propose is no phase");
    };
    let read = |path: &std::path::Path| std::fs::read_to_string(path);
    let environment = Environment {
        context: &Context::read(&env),
        read_file: &read,
        now: std::time::SystemTime::UNIX_EPOCH,
    };
    let settings = settings::phase(&args, environment);
    let findings = settings.err().map(|not_begun| not_begun.findings);
    let findings = findings.into_iter().flatten();
    findings.map(|finding| finding.code).collect()
}

#[tokio::test]
async fn each_kind_of_proposal_takes_its_own_inputs() {
    let scene = Scene::start(|_| ()).await;
    let exclusive = Code::InputsExclusive;
    let invalid = Code::Format(FormatCode::ChannelInvalid);
    let table: [(&[TypedInput], &[Code]); 15] = [
        (&[SUBMISSION, NAME, CONFIG], &[]),
        (&[SUBMISSION, NAME, FILES], &[]),
        (&[PROMOTION, NAME, CHANNEL], &[]),
        (&[PROMOTION, NAME, CHANNEL, CONFIG], &[]),
        (&[SET], &[]),
        (&[SUBMISSION, NAME], &[Code::InputMissing]),
        (&[SUBMISSION, CONFIG], &[Code::InputMissing]),
        (&[PROMOTION, NAME], &[Code::InputMissing]),
        (&[SUBMISSION, NAME, CONFIG, FILES], &[exclusive]),
        (&[SUBMISSION, NAME, CONFIG, SET], &[exclusive]),
        (&[SUBMISSION, NAME, CONFIG, CHANNEL], &[exclusive]),
        (&[SUBMISSION, NAME, CONFIG, GUARD], &[exclusive]),
        (&[PROMOTION, NAME, CHANNEL, FILES], &[exclusive]),
        (&[SET, CHANNEL], &[exclusive]),
        (&[PROMOTION, NAME, ("channel", "Fast")], &[invalid]),
    ];
    for (inputs, codes) in table {
        assert_eq!(refused(&scene, inputs), codes, "{inputs:?}");
    }
}
