//! An action that cannot be undone, behind another one whose answer is lost.

use super::*;
use crate::protocol::ReleaseId;

/// A phase that removes `a`, and then publishes: the services of these tests would panic.
struct RemoveAndPublish;

#[async_trait]
impl Phase for RemoveAndPublish {
    fn id(&self) -> PhaseId {
        PhaseId::Publish
    }
    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        if reader.files.file(Path::new("a")).await?.is_none() {
            return Ok(Step::Done(PhaseReport::new("not published")));
        }
        Ok(Step::Act(vec![
            Action::RemoveFolder { folder: "a".into() },
            Action::Publish(Publication {
                release: ReleaseId(7),
                tag: "v1.2.0".parse().unwrap(),
                body: String::new(),
                prerelease: false,
                make_latest: false,
            }),
        ]))
    }
}

#[tokio::test]
async fn final_action_is_not_sent_before_the_one_ahead_of_it_is_seen() {
    for (lag, answers, sent) in [
        (0, vec![WriteResult::Lost], 1),
        (3, vec![WriteResult::Lost], 1),
        (0, vec![WriteResult::Cut, WriteResult::Lost], 2),
        (3, vec![WriteResult::Cut, WriteResult::Lost], 2),
    ] {
        let disk = TestFiles::new(lag, &answers);
        let ended = run(&disk, &mut RemoveAndPublish, false).await;
        assert!(ended.ended.is_ok(), "{answers:?} {:?}", ended.ended);
        assert_eq!(ended.writes, vec!["a"; sent], "{answers:?}");
    }
}
