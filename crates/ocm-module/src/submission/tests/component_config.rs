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
