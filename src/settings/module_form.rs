//! The input `module-form`, which `plan` and the commands around it share.

use ocm_module::values::ModuleForm;

use super::input_parser::{Choices, InputParser};

const MODULE_FORMS: Choices<'_, ModuleForm> = Choices {
    words: &[
        ("modulectl-3", ModuleForm::Modulectl3),
        ("kyma-cli-2", ModuleForm::KymaCli2),
        ("both", ModuleForm::Both),
    ],
    aliases: &[
        ("today", ModuleForm::Modulectl3),
        ("2023", ModuleForm::KymaCli2),
    ],
};

/// The form that was asked for; `None` also where none was.
pub(super) fn module_form(parser: &mut InputParser<'_>, text: Option<&str>) -> Option<ModuleForm> {
    parser.choice("module-form", text, &MODULE_FORMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_a_word_and_the_years_are_aliases() {
        for (form, text) in [
            (ModuleForm::Modulectl3, "modulectl-3"),
            (ModuleForm::KymaCli2, "kyma-cli-2"),
            (ModuleForm::Both, "both"),
        ] {
            assert_eq!(MODULE_FORMS.find(text), Some(form));
            assert_eq!(form.to_string(), text);
            // The plan's JSON has the same words.
            assert_eq!(serde_json::to_value(form).unwrap(), text);
        }
        assert_eq!(MODULE_FORMS.find("today"), Some(ModuleForm::default()));
        assert_eq!(MODULE_FORMS.find("2023"), Some(ModuleForm::KymaCli2));
        assert_eq!(MODULE_FORMS.shown(), "modulectl-3, kyma-cli-2, both");
    }
}
