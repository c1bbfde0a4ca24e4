//! `component-config.yaml`, updated.

use super::*;
use crate::oci::ImageName;

#[test]
fn images_of_the_release_take_the_places_of_those_of_the_same_repository() {
    // In the layout of `kyma-project/btp-manager:component-config.yaml`.
    let file = "name: kyma-project.io/module/btp-operator
team: kyma/gopher
images:
- r.example/prod/btp-manager:1.3.14 # ours
- r.example/prod/external/controller:v0.11.6
- r.example/prod/ca-bundle-probe:1.3.14
";
    let images = [
        "r.example/prod/btp-manager:1.3.15",
        "r.example/prod/ca-bundle-probe:1.3.15",
    ]
    .map(|text| ImageName::parse(text).unwrap());
    let updated = component_config("f", file.as_bytes(), &images).unwrap();
    let expected = file.replace(":1.3.14", ":1.3.15");
    assert_eq!(String::from_utf8(updated.clone()).unwrap(), expected);
    assert_eq!(component_config("f", &updated, &images), Ok(updated));
}

#[test]
fn file_without_an_image_of_the_release_is_refused() {
    let new = [ImageName::parse("r.example/prod/a:2").unwrap()];
    for file in [
        "name: n\nteam: t\nimages: []\n",
        "name: n\nteam: t\n",
        // In the layout of `kyma-project/istio:component-config.yaml`, whose own image is listed with a tag that moves.
        "name: n\nteam: t\nimages:\n  - r.example/prod/a:main\n  - r.example/prod/external/proxy:1.31.1-distroless\n",
    ] {
        let error = component_config("f", file.as_bytes(), &new).unwrap_err();
        assert_eq!(error.code.as_str(), "scan-images-missing", "{file}");
        assert!(error.help.contains("r.example/prod/a:2"), "{}", error.help);
    }
}
