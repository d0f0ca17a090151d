//! Commands of root on another user's data folder run with the rights of the folder's owner only. So a user who can write
//! there cannot use a link to reach root's files, and no file is made there that is root's, which the daemon could not
//! open.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Gid, Uid, geteuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

/// Gives up root's rights for those of the owner of a data folder, for good. Root's own folder stays root's.
///
/// Rights belong to a thread for the kernel, and a thread has those of the one that starts it: so this comes before any
/// other thread.
pub(super) fn become_owner(folder: &Path) -> Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let (uid, gid) = owner(folder)?;
    if uid.is_root() {
        return Ok(());
    }
    let threads = std::fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    ensure!(threads == 1, "{threads} threads run already");
    set_thread_groups(&[])
        .and_then(|()| set_thread_res_gid(gid, gid, gid))
        .and_then(|()| set_thread_res_uid(uid, uid, uid))
        .with_context(|| format!("cannot become the owner of `{}`, user {}", folder.display(), uid.as_raw()))
}

/// Gives the owner of a folder; of one that is not there yet, that of the folder that it would be made in.
fn owner(folder: &Path) -> Result<(Uid, Gid)> {
    // Without what stands at its end: `folder/` would be where a link leads to.
    let folder = folder.components().collect::<PathBuf>();
    let failed = || format!("cannot look at the data folder `{}`", folder.display());
    match folder.symlink_metadata() {
        Ok(found) if found.is_symlink() => {
            let target = std::fs::canonicalize(&folder).unwrap_or_default();
            bail!(
                "the data folder `{}` is a link: name the folder itself, `--data {}`",
                folder.display(),
                target.display()
            )
        }
        Ok(found) => Ok((Uid::from_raw(found.uid()), Gid::from_raw(found.gid()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let above = folder.ancestors().skip(1).find_map(|above| here_if_empty(above).metadata().ok());
            let above = above.with_context(failed)?;
            Ok((Uid::from_raw(above.uid()), Gid::from_raw(above.gid())))
        }
        Err(error) => Err(error).with_context(failed),
    }
}

/// The folder that a path of one part lies in.
fn here_if_empty(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}
