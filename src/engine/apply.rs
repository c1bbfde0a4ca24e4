//! Executes actions: the only place where an action becomes a write.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::domain::ImageRepository;
use crate::protocol::{Action, ArchiveContent, LayerFile, PullRequestAction, PullRequestWriter};
use crate::protocol::{ServiceError, Writer};

/// How many blobs are read or uploaded at the same time.
const BLOBS_AT_ONCE: usize = 4;

pub(super) async fn apply(writer: Writer<'_>, action: &Action) -> Result<(), ServiceError> {
    let Writer {
        github,
        target,
        registry,
        files,
        signer,
    } = writer;
    match action {
        Action::CreateDraft(draft) => github.create_draft(draft).await.map(drop),
        Action::CreateTag(tag) => github.create_tag(tag).await,
        Action::EditDraft { release, tag, body } => github.edit_draft(*release, tag, body).await,
        Action::UploadAsset {
            release,
            name,
            file,
        } => github.upload_asset(*release, name, file).await.map(drop),
        Action::RenameAsset { asset, to, .. } => github.rename_asset(*asset, to).await,
        Action::DeleteAsset { asset, .. } => github.delete_asset(*asset).await,
        Action::SaveBlob {
            repository,
            digest,
            size,
            to,
        } => {
            files
                .save(to, registry.open_blob(repository, *digest, *size))
                .await
        }
        Action::PushBlobs { to, blobs } => {
            let pushed = blobs.iter().map(|blob| registry.push_blob(to, blob));
            let pushed = stream::iter(pushed).buffer_unordered(BLOBS_AT_ONCE);
            pushed.try_collect().await
        }
        Action::PushManifest {
            to,
            media_type,
            bytes,
        } => registry.push_manifest(to, media_type, bytes.clone()).await,
        Action::WriteFile { to, bytes } => files.write(to, bytes).await,
        Action::TakeFromLayers {
            repository,
            files: wanted,
        } => take_from_layers(writer, repository, wanted).await,
        Action::MoveFile { from, to } => files.rename(from, to).await,
        Action::UnpackChart { archive, to } => {
            files.unpack(archive, to, ArchiveContent::Chart).await
        }
        Action::RemoveFolder { folder } => files.remove(folder).await,
        Action::SetStatus(status) => github.set_status(status).await,
        Action::Attest(attestation) => {
            let bundle = signer.sign(attestation).await?;
            github.store_attestation(&bundle).await
        }
        Action::Publish(publication) => github.publish(publication).await,
        Action::DeleteRelease { release, .. } => github.delete_release(*release).await,
        Action::DeleteTag { tag, .. } => github.delete_tag(tag).await,
        Action::TakeLock(request) => github.take_lock(&request.lock).await,
        Action::ReleaseLock { tag } => github.release_lock(tag).await,
        Action::CreateComment { issue, body } => {
            github.create_comment(*issue, body).await.map(drop)
        }
        Action::EditComment { comment, body, .. } => github.edit_comment(*comment, body).await,
        Action::DeleteComment { comment, .. } => github.delete_comment(*comment).await,
        Action::PullRequest(action) => propose(target, action).await,
    }
}

async fn propose(
    target: &dyn PullRequestWriter,
    action: &PullRequestAction,
) -> Result<(), ServiceError> {
    match action {
        PullRequestAction::Push(revision) => target.push(revision).await,
        PullRequestAction::Open(new) => target.open(new).await,
        PullRequestAction::Edit {
            number,
            title,
            body,
        } => target.edit(*number, title, body).await,
        PullRequestAction::Merge(merge) => target.merge(merge).await,
        PullRequestAction::MergeWhenReady(merge) => target.merge_when_ready(merge).await,
        PullRequestAction::Enqueue(merge) => target.enqueue(merge).await,
        PullRequestAction::DeleteBranch { branch, .. } => target.delete_branch(branch).await,
    }
}

/// The others are given up when one fails, and leave nothing behind.
async fn take_from_layers(
    writer: Writer<'_>,
    repository: &ImageRepository,
    wanted: &[LayerFile],
) -> Result<(), ServiceError> {
    let taken = wanted.iter().map(async |file| {
        let LayerFile { layer, size, to } = file;
        let bytes = writer.registry.open_blob(repository, *layer, *size);
        writer.files.take_from_layer(*layer, bytes, to).await
    });
    let taken = stream::iter(taken).buffer_unordered(BLOBS_AT_ONCE);
    taken.try_collect().await
}
