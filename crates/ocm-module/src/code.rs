//! The codes of everything that can be wrong with a module, its files and the values that name it.

use std::fmt;

macro_rules! codes {
    ($($variant:ident $text:literal $meaning:literal)+) => {
        /// What is wrong, by a stable name that scripts and issue trackers may rely on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FormatCode {
            $(#[doc = $meaning] $variant,)+
        }

        impl FormatCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The code in kebab case, as logs and documentation show it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// When the code is used, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)+
                }
            }
        }
    };
}

codes! {
    VersionInvalid "version-invalid" "The version is no strict semantic version, or has build metadata."
    CommitInvalid "commit-invalid" "The commit is not a full hash."
    ImageInvalid "image-invalid" "The image is not written in full: registry, path, and tag or digest."
    ImageTagInvalid "image-tag-invalid" "A registry would not take this image tag."
    ImageNotPinned "image-not-pinned" "A digest is asked for, and only a tag was given."
    DigestInvalid "digest-invalid" "The digest is no SHA-256 digest."
    ComponentNameInvalid "component-name-invalid" "The module's name is no OCM component name."
    RegistryInvalid "registry-invalid" "A registry is not written as host and path."
    ModuleContentUnclear "module-content-unclear" "The module image holds no manifest, or several that could be it."
    ModuleDiffers "module-differs" "The module image is of another component, version or commit."
    ModuleDigestDiffers "module-digest-differs" "The component descriptor names other bytes for a resource than its layer has."
    TemplateDiffers "template-differs" "The template does not lead to the module image that was tested."
    NotAModuleImage "not-a-module-image" "The image's config is not that of an OCM component version."
    OciManifestInvalid "oci-manifest-invalid" "The bytes are no OCI image manifest or index."
    ModuleConfigInvalid "module-config-invalid" "The image's config does not name the layer of the component descriptor."
    DescriptorInvalid "descriptor-invalid" "The component descriptor breaks the OCM schema, or cannot be read."
    DescriptorWithoutRepository "descriptor-without-repository" "The descriptor names no repository, so that nothing would be installed."
    DescriptorWithoutManifest "descriptor-without-manifest" "The descriptor has no resource `raw-manifest`."
    DescriptorManifestNotLast "descriptor-manifest-not-last" "`raw-manifest` is not the last layer, which the Lifecycle Manager of 2023 installs."
    AccessInvalid "access-invalid" "A resource's access cannot be written down."
    ArchiveInvalid "archive-invalid" "An archive is damaged, leads out of its folder, or grows beyond the limits."
    FileNameTooLong "file-name-too-long" "A file's name does not fit into the header of a tar."
    ManifestUnreadable "manifest-unreadable" "The manifest or the default custom resource is not YAML, or not as kubectl reads it."
    ManifestNoObject "manifest-no-object" "A document of the manifest is no Kubernetes object."
    ManifestObjectTwice "manifest-object-twice" "An object is in the manifest twice; Lifecycle Manager takes the first one."
    ManifestListNested "manifest-list-nested" "A list in the manifest is inside of another list, which kubectl and Lifecycle Manager do not read."
    ManifestWithoutCrd "manifest-without-crd" "The manifest has no `CustomResourceDefinition`."
    ManagerImageMissing "manager-image-missing" "The manifest does not run the release's binary image."
    ManagerImageDiffers "manager-image-differs" "The manifest runs the binary image by another tag or digest."
    ImageTagMissing "image-tag-missing" "An image in the manifest has neither tag nor digest."
    ImageTagMoving "image-tag-moving" "An image in the manifest has a tag that moves, such as `latest`."
    ImagePinDiffers "image-pin-differs" "The manifest names another digest beside an image's tag than the registry has."
    ImagePinUnclear "image-pin-unclear" "The digest of an image cannot be added to the manifest without changing something else."
    DefaultCrNotOne "default-cr-not-one" "The default custom resource's file does not hold exactly one object."
    DefaultCrUnknown "default-cr-unknown" "The manifest has no definition for the default custom resource."
    DefaultCrUnnamed "default-cr-unnamed" "The default custom resource has no name."
    DefaultCrVersion "default-cr-version" "The definition does not serve the default custom resource's version."
    ConfigNameDiffers "config-name-differs" "The module configuration names another module than the plan."
    ConfigVersionDiffers "config-version-differs" "The module configuration names another version than the plan."
    ConfigUnreadable "config-unreadable" "A configuration file is not YAML."
    ConfigKeyUnknown "config-key-unknown" "A configuration file has a key that no tool reads."
    ConfigKeyGone "config-key-gone" "A configuration file has a key that its tool no longer reads."
    ConfigKeyMissing "config-key-missing" "A configuration file lacks a key."
    ConfigValueKind "config-value-kind" "A value in a configuration file is of another kind than its key takes."
    ConfigNumberAsText "config-number-as-text" "A value that is a text was written as a number."
    ConfigNameTwice "config-name-twice" "A name is there twice in a list of a configuration file."
    ConfigPath "config-path" "A path in a configuration file is absolute or leads out of the workspace."
    ConfigLink "config-link" "A link in a configuration file is not an https address."
    StateCheckIncomplete "state-check-incomplete" "A custom state check lacks one of its parts."
    StateCheckUnknown "state-check-unknown" "A custom state check maps to a state that Lifecycle Manager does not know."
    ScanConfigMixed "scan-config-mixed" "The scanners' configuration mixes the keys of 2023 with those that replaced them."
    ScanImageInvalid "scan-image-invalid" "The scanners' configuration names an image that cannot be read."
    ScanImageForOldTools "scan-image-for-old-tools" "An image is written in a way that the Kyma CLI 2 cannot read."
    ModuleNameInvalid "module-name-invalid" "The module's short name is none that Lifecycle Manager takes."
    ModuleNameShort "module-name-short" "A part of the module's short name has fewer than three letters."
    ChannelInvalid "channel-invalid" "The channel is not of 3 to 32 small letters."
    ChannelVersionInvalid "channel-version-invalid" "A channel's version is not written as `channel=version`."
    ChannelTwice "channel-twice" "A channel has two versions."
    ChannelsMissing "channels-missing" "The release metadata has neither `channels` nor `mandatory`, or both."
    ChannelsWithoutRelease "channels-without-release" "No channel has the version that is released."
    ChannelDowngrade "channel-downgrade" "The channel has a higher version, and Lifecycle Manager does not go back."
    ChannelOrder "channel-order" "An earlier channel does not have the version yet."
    YamlPathMissing "yaml-path-missing" "A path leads to nothing in a YAML file."
    YamlPathAmbiguous "yaml-path-ambiguous" "A path leads to more than one value in a YAML file."
    YamlEditRefused "yaml-edit-refused" "A value in a YAML file cannot be replaced without changing anything else."
    ReleaseMetaExperimental "release-meta-experimental" "`kymaSelector` is an experiment of Lifecycle Manager."
    ReleaseMetaDeprecated "release-meta-deprecated" "`beta` and `internal` are deprecated by Lifecycle Manager."
    ReleaseMetaNameDiffers "release-meta-name-differs" "The file of the channels names another module."
    ScanImagesMissing "scan-images-missing" "A file of the security scanners lists no image of the release."
    KymaSelectorInvalid "kyma-selector-invalid" "`kymaSelector` is no label selector of Kubernetes."
    ComponentConfigImageKept "component-config-image-kept" "The component configuration lists an image that the manifest does not run."
    ComponentConfigNameDiffers "component-config-name-differs" "The component configuration names another component than the release."
    ComponentConfigReformatted "component-config-reformatted" "The component configuration could not be changed in place, and lost its comments."
    TemplateFormUnfit "template-form-unfit" "The template of modulectl 3 cannot name the tag of a module image in the form of the Kyma CLI 2."
    ModuleNotInstalled "module-not-installed" "No Lifecycle Manager of today installs a module of this form."
    TemplateNameInvalid "template-name-invalid" "Kubernetes would not take the template's name, which has the version in it or is `resourceName`."
    NamespaceInvalid "namespace-invalid" "The namespace is none that Kubernetes takes."
    VersionTooLong "version-too-long" "The version has more than 32 characters, which is Lifecycle Manager's limit."
    VersionWithV "version-with-v" "The version has a `v`, which only the Kyma CLI 2 takes."
    VersionBuildMetadata "version-build-metadata" "The version has build metadata, which becomes another tag with every tool."
    VersionPrereleaseDotted "version-prerelease-dotted" "The prerelease has dots, which Lifecycle Manager refuses."
    VersionPrereleaseDigit "version-prerelease-digit" "The prerelease begins with a digit, which Lifecycle Manager refuses."
}

impl fmt::Display for FormatCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
