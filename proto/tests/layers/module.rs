//! The files of a package as modules, and which of them use which.

use std::collections::BTreeSet;
use std::path::Path;

use super::circle::Arrows;
use super::tokens::{definitions, tokens};

/// What the root of a crate is called.
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

/// A path from the root of the crate.
type Names = Vec<String>;

/// What a `use` line brings into a module.
struct Import {
    /// The name that it has there; `*` for everything.
    name: String,
    path: Names,
    /// Whether others get it from there (`pub use`).
    is_given_out: bool,
}

/// One file.
struct Module {
    /// The file, from the folder of the root.
    file: String,
    /// Where it is in its crate.
    place: Names,
    tokens: Vec<String>,
    /// The names of what is defined in it, but for modules.
    defines: BTreeSet<String>,
    /// What of this crate it imports.
    imports: Vec<Import>,
}

/// All files of a crate.
pub(crate) struct Crate(Vec<Module>);

impl Crate {
    /// Reads the sources beside the root of a crate, and below.
    pub(crate) fn read(root: &Path) -> Self {
        let folder = root.parent().expect("a root lies in a folder");
        let mut files = Vec::new();
        collect(folder, folder, &mut files);
        files.sort();
        let root = root.strip_prefix(folder).expect("it lies in there").to_str().expect("names are text");
        Self::of(root, files.iter().map(|(file, source)| (&**file, &**source)))
    }

    /// Makes one of its files: their names and what stands in them.
    pub(crate) fn of<'a>(root: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let is_of_it = |file: &str| file == root || !ROOTS.contains(&file);
        let files = files.into_iter().filter(|(file, _)| is_of_it(file));
        let mut it = Self(files.map(|(file, source)| Module::of(file, source)).collect());
        // Others may lie there too: those of another crate, and unit tests.
        let declared = it.0.iter().map(|module| it.is_declared(&module.place)).collect::<Vec<_>>();
        let mut declared = declared.into_iter();
        it.0.retain(|_| declared.next().unwrap_or_default());
        it
    }

    fn is_declared(&self, place: &[String]) -> bool {
        let Some((name, above)) = place.split_last() else { return true };
        self.is_declared(above) && self.at(above).is_some_and(|above| self.0[above].declares(name))
    }

    /// Gives the name of a file.
    pub(crate) fn name(&self, module: usize) -> &str {
        &self.0[module].file
    }

    /// Gives the files with their words and signs.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|module| (&*module.file, &*module.tokens))
    }

    /// Gives which file uses which.
    pub(crate) fn arrows(&self) -> Arrows {
        let mut arrows = Arrows::new();
        for (from, module) in self.0.iter().enumerate() {
            // A module that is imported is used by what stands behind its name.
            let used = module.imports.iter().filter(|import| {
                self.at(&import.path).is_none() && (!import.is_given_out || module.mentions(&import.name))
            });
            let paths = used.map(|import| import.path.clone()).chain(module.paths_within());
            arrows.extend(paths.map(|path| (from, self.defining(&path, FOLLOWED_MAX))));
        }
        arrows.retain(|(from, to)| from != to);
        arrows
    }

    /// Tells of a circle, file by file, what each uses of the others.
    pub(crate) fn tell(&self, circle: &[usize], arrows: &Arrows) -> String {
        let mut told = format!("{} files:\n", circle.len());
        for from in circle {
            let uses = circle.iter().filter(|to| arrows.contains(&(*from, **to))).map(|to| self.name(*to));
            told += &format!("  {} uses {}\n", self.name(*from), uses.collect::<Vec<_>>().join(", "));
        }
        told
    }

    fn at(&self, place: &[String]) -> Option<usize> {
        self.0.iter().position(|module| module.place == place)
    }

    /// Finds the file that defines what a path names: the module that the path leads to, or the one that this has it from.
    fn defining(&self, path: &[String], followed: usize) -> usize {
        let leads_to = (0..=path.len()).rev().find_map(|end| Some((self.at(&path[..end])?, end)));
        let (module, end) = leads_to.expect("a crate has a root");
        let Some(name) = path.get(end).filter(|name| followed > 0 && !self.0[module].defines.contains(*name)) else {
            return module;
        };
        let has = |module: usize| {
            let module: &Module = &self.0[module];
            module.defines.contains(name) || module.imports.iter().any(|import| import.name == *name)
        };
        let comes_from = self.0[module].imports.iter().find_map(|import| match &*import.name {
            imported if imported == name => Some(import.path.clone()),
            "*" if self.at(&import.path).is_some_and(has) => {
                Some([&import.path[..], std::slice::from_ref(name)].concat())
            }
            _ => None,
        });
        // What a macro makes is found nowhere.
        comes_from.map_or(module, |from| self.defining(&[&from[..], &path[end + 1..]].concat(), followed - 1))
    }
}

/// Modules that hand a name on, one after the other.
const FOLLOWED_MAX: usize = 8;

impl Module {
    fn of(file: &str, source: &str) -> Self {
        let mut place = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect::<Names>();
        if ROOTS.contains(&file) {
            place.clear();
        }
        let tokens = tokens(source);
        let defines = definitions(&tokens);
        let mut module = Self { file: file.to_owned(), place, tokens, defines, imports: Vec::new() };
        for at in 0..module.tokens.len() {
            let behind_pub = at > 0 && [")", "pub"].contains(&&*module.tokens[at - 1]);
            if module.tokens[at] == "use" && module.tokens.get(at + 1).is_some_and(|next| next != "<") {
                module.import(&mut (at + 1), &Names::new(), behind_pub);
            }
        }
        module
    }

    /// Reads one branch of a `use` line, from `at` on.
    fn import(&mut self, at: &mut usize, before: &Names, is_given_out: bool) {
        let mut names = before.clone();
        loop {
            let token = self.tokens[*at].clone();
            *at += 1;
            match &*token {
                "::" => {}
                "{" => {
                    while self.tokens[*at] != "}" {
                        self.import(at, &names, is_given_out);
                        *at += usize::from(self.tokens[*at] == ",");
                    }
                    *at += 1;
                    return;
                }
                "as" => {
                    let name = self.tokens[*at].clone();
                    *at += 1;
                    return self.imported(name, &names, is_given_out);
                }
                "," | "}" | ";" => {
                    *at -= 1;
                    let name = names.last().cloned().unwrap_or_default();
                    return self.imported(name, &names, is_given_out);
                }
                _ => names.push(token),
            }
        }
    }

    fn imported(&mut self, name: String, names: &Names, is_given_out: bool) {
        let names = match names.split_last() {
            Some((last, rest)) if last == "*" || (last == "self" && !rest.is_empty()) => rest,
            _ => names,
        };
        let name = if name == "self" { names.last().cloned().unwrap_or_default() } else { name };
        if let Some(path) = self.resolve(names) {
            self.imports.push(Import { name, path, is_given_out });
        }
    }

    /// Gives the path from the root; nothing of other crates.
    fn resolve(&self, names: &[String]) -> Option<Names> {
        let supers = names.iter().take_while(|name| *name == "super").count();
        let start = match &**names.first()? {
            "crate" => &[],
            "self" => &self.place[..],
            "super" => &self.place[..self.place.len().checked_sub(supers)?],
            child if self.declares(child) => return Some([&self.place[..], names].concat()),
            _ => return None,
        };
        Some([start, &names[supers.max(1)..]].concat())
    }

    /// Tells whether a module is declared in it.
    fn declares(&self, child: &str) -> bool {
        self.tokens.windows(3).any(|three| three[0] == "mod" && three[1] == child && three[2] == ";")
    }

    /// Tells whether a name stands anywhere but in `use` lines.
    fn mentions(&self, name: &str) -> bool {
        let mut in_use = false;
        self.tokens.iter().any(|token| {
            in_use = (in_use || token == "use") && token != ";";
            !in_use && token == name
        })
    }

    /// Gives the paths of this crate that stand in the code.
    fn paths_within(&self) -> Vec<Names> {
        let mut paths = Vec::new();
        let (mut at, mut in_use) = (0, false);
        while at < self.tokens.len() {
            in_use = (in_use || self.tokens[at] == "use") && self.tokens[at] != ";";
            // `pub(in crate::a)` says who may use a thing, and uses nothing.
            let is_reach = at > 1 && self.tokens[at - 2] == "(" && self.tokens[at - 1] == "in";
            let mut names = vec![self.tokens[at].clone()];
            at += 1;
            while !in_use && self.tokens.get(at).is_some_and(|sign| sign == "::") && at + 1 < self.tokens.len() {
                names.push(self.tokens[at + 1].clone());
                at += 2;
            }
            if names.len() > 1 && !is_reach {
                let imported = self.imports.iter().find(|import| import.name == names[0]);
                let imported = imported.map(|import| [&import.path[..], &names[1..]].concat());
                paths.extend(imported.or_else(|| self.resolve(&names)));
            }
        }
        paths
    }
}

/// Reads the sources in a folder and below, but for those of other crates.
fn collect(src: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a crate has sources") {
        let path = entry.expect("a folder can be read").path();
        if path.join("main.rs").exists() {
            continue;
        }
        if path.is_dir() {
            collect(src, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(src).expect("it lies in there").to_str().expect("names are text").to_owned();
            files.push((file, std::fs::read_to_string(&path).expect("a source can be read")));
        }
    }
}
