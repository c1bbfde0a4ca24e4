//! The plan of a release that has a module, for tests that build, push and fetch it.

use btp_release::domain::TagFormat;
use btp_release::plan::{
    ModulePlan, NotesSource, OnExisting, ReleasePlan, TagWhen, VersionFrom, Wanted,
};
use ocm_module::values::ModuleForm;

pub(crate) fn with_module(tag: &str, component: &str, image: &str) -> ReleasePlan {
    with_images(tag, component, image, "r.example/prod/btp-manager:v1.2.0")
}

/// The same with another image of the manager.
pub(crate) fn with_images(tag: &str, component: &str, image: &str, binary: &str) -> ReleasePlan {
    let (tag, version, tag_format) = TagFormat::read(tag, None).unwrap();
    let wanted = Wanted {
        repository: "kyma-project/btp-manager".parse().unwrap(),
        version,
        tag,
        tag_format,
        commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
        run: "17".into(),
        prerelease: false,
        make_latest: None,
        on_existing: OnExisting::Resume,
        replace_published: None,
        notes: NotesSource::Generated,
        assets: ["template.yaml".parse().unwrap()].into(),
        binary_image: Some(binary.parse().unwrap()),
        module: Some(ModulePlan {
            name: component.parse().unwrap(),
            image: image.parse().unwrap(),
            form: ModuleForm::KymaCli2,
            second_image: None,
        }),
        extra_images: [].into(),
        tag_when: TagWhen::Draft,
        force: None,
        tag_message: None,
        version_from: VersionFrom::Input,
        signing: None,
        require_attestations: vec![],
        referrers: None,
        full_notes: None,
    };
    ReleasePlan::complete(wanted, None, None)
}
