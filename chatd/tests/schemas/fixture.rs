//! Migrations, and databases that are made of them.

use std::path::{Path, PathBuf};

use chatd::store::DATABASE_FILE;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// Where the migrations are, from the folder of this package.
const MIGRATIONS: &str = "src/store/sqlite/migrations";

const FIXTURES: &str = "tests/schemas";

/// "chtd", as the header of every store has it.
const APPLICATION_ID: u32 = 0x6368_7464;

/// A schema, with the migration that leads to it.
pub(crate) struct Schema {
    pub(crate) number: u32,
    /// The name of the migration's file.
    pub(crate) name: String,
    pub(crate) migration: String,
}

impl Schema {
    pub(crate) fn fixture(&self) -> PathBuf {
        in_package(FIXTURES).join(format!("{:04}.sql", self.number))
    }

    /// What has come into the tables with this schema; nothing where it has brought no table and no column.
    fn rows(&self) -> String {
        let path = in_package(FIXTURES).join(format!("rows/{:04}.sql", self.number));
        if path.exists() { read(&path) } else { String::new() }
    }
}

fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

/// Gives every schema, in their order.
pub(crate) fn schemas() -> Vec<Schema> {
    let folder = std::fs::read_dir(in_package(MIGRATIONS)).expect("the migrations are there");
    let mut paths = folder.map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    paths.sort();
    let schemas = paths.iter().zip(1..).map(|(path, number)| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(name.starts_with(&format!("{number:04}_")), "`{name}` should have the number {number}");
        Schema { number, name, migration: read(path) }
    });
    schemas.collect()
}

/// Makes the database of a fixture, in a folder or in memory.
pub(crate) fn restore(schema: &Schema, folder: Option<&Path>) -> Connection {
    let connection = match folder {
        Some(folder) => Connection::open(folder.join(DATABASE_FILE)).unwrap(),
        None => Connection::open_in_memory().unwrap(),
    };
    // Rows of two tables may point to each other: they are checked when all of them are there.
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(&read(&schema.fixture())).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection.query_row("PRAGMA foreign_key_check", [], |_| Ok(())).unwrap_err();
    connection
}

/// Makes the same from the migrations: all of them on an empty database, and the rows after that.
pub(crate) fn build(schema: &Schema) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    // Functions of the migrations have nothing to do in empty tables.
    for name in ["skeleton", "visible_line", "same_emoji"] {
        let flags = FunctionFlags::SQLITE_DETERMINISTIC;
        connection.create_scalar_function(name, 1, flags, |call| call.get::<Option<String>>(0)).unwrap();
    }
    let until = schemas().into_iter().take_while(|step| step.number <= schema.number).collect::<Vec<_>>();
    until.iter().for_each(|step| connection.execute_batch(&step.migration).unwrap());
    until.iter().for_each(|step| connection.execute_batch(&step.rows()).unwrap());
    connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    connection.pragma_update(None, "user_version", schema.number).unwrap();
    connection
}

/// Gives how everything in a database was made, in the order in which they point to each other: tables, indexes, triggers.
pub(crate) fn objects(connection: &Connection) -> Vec<String> {
    let made = "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'
                ORDER BY type = 'trigger', type = 'index', rowid";
    texts(connection, made)
}

pub(crate) fn tables(connection: &Connection) -> Vec<String> {
    texts(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
}

fn texts(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

/// Writes a database as SQL that makes it.
pub(crate) fn dump(connection: &Connection) -> String {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let mut lines = vec![
        format!("PRAGMA application_id = {APPLICATION_ID};"),
        format!("PRAGMA user_version = {version};"),
        "BEGIN;".to_owned(),
    ];
    // A trigger would count these rows once more: it comes after them.
    let (triggers, others) =
        objects(connection).into_iter().partition::<Vec<_>, _>(|sql| sql.starts_with("CREATE TRIGGER"));
    lines.extend(others.into_iter().map(|sql| sql + ";"));
    for table in tables(connection) {
        let columns = texts(connection, &format!("SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')"));
        let values = columns.join(" || ', ' || ");
        lines.extend(texts(
            connection,
            &format!("SELECT 'INSERT INTO {table} VALUES (' || {values} || ');' FROM {table}"),
        ));
    }
    lines.extend(triggers.into_iter().map(|sql| sql + ";"));
    lines.push("COMMIT;\n".to_owned());
    lines.join("\n")
}
