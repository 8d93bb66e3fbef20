"""The database's tables, and their version."""

VERSION = 4

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, lines INTEGER NOT NULL,
    size INTEGER NOT NULL, role TEXT NOT NULL, configs INTEGER NOT NULL, live TEXT NOT NULL,
    digest TEXT NOT NULL
);
CREATE TABLE symbols (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, linkage TEXT NOT NULL,
    parent INTEGER NOT NULL, parent_name TEXT NOT NULL, declaration TEXT NOT NULL,
    doc TEXT NOT NULL, value TEXT NOT NULL, target INTEGER NOT NULL, configs INTEGER NOT NULL
);
CREATE TABLE places (
    symbol INTEGER NOT NULL, rank INTEGER NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL,
    col INTEGER NOT NULL, end_line INTEGER NOT NULL, is_definition INTEGER NOT NULL,
    PRIMARY KEY (symbol, rank)
) WITHOUT ROWID;
CREATE TABLE refs (
    file INTEGER NOT NULL, line INTEGER NOT NULL, col INTEGER NOT NULL, length INTEGER NOT NULL,
    symbol INTEGER NOT NULL, use TEXT NOT NULL, function INTEGER NOT NULL,
    configs INTEGER NOT NULL,
    PRIMARY KEY (file, line, col, symbol, use)
) WITHOUT ROWID;
CREATE TABLE layouts (
    symbol INTEGER NOT NULL, config INTEGER NOT NULL, size INTEGER NOT NULL,
    align INTEGER NOT NULL, members TEXT NOT NULL,
    PRIMARY KEY (symbol, config)
) WITHOUT ROWID;
CREATE TABLE cells (
    owner INTEGER NOT NULL, row INTEGER NOT NULL, record TEXT NOT NULL, file INTEGER NOT NULL,
    line INTEGER NOT NULL, col INTEGER NOT NULL, cell INTEGER NOT NULL, member INTEGER NOT NULL,
    symbol INTEGER NOT NULL, value
);
CREATE TABLE counterparts (
    file INTEGER NOT NULL, line INTEGER NOT NULL, col INTEGER NOT NULL,
    other_file INTEGER NOT NULL, other_line INTEGER NOT NULL, other_col INTEGER NOT NULL,
    relation TEXT NOT NULL,
    PRIMARY KEY (file, line, col, other_file, other_line, other_col)
) WITHOUT ROWID;
CREATE TABLE names (
    python TEXT NOT NULL, kind TEXT NOT NULL, role TEXT NOT NULL, symbol INTEGER NOT NULL,
    impl INTEGER NOT NULL, owner INTEGER NOT NULL, source TEXT NOT NULL, other INTEGER NOT NULL,
    PRIMARY KEY (python, role)
) WITHOUT ROWID;
CREATE TABLE includes (
    file INTEGER NOT NULL, line INTEGER NOT NULL, col INTEGER NOT NULL, length INTEGER NOT NULL,
    target INTEGER NOT NULL, PRIMARY KEY (file, line, target)
) WITHOUT ROWID;
CREATE TABLE diagnostics (
    config INTEGER NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL,
    path TEXT NOT NULL, line INTEGER NOT NULL, col INTEGER NOT NULL
);
CREATE TABLE units (config INTEGER NOT NULL, path TEXT NOT NULL, parsed INTEGER NOT NULL);
"""

INDEXES = """
CREATE INDEX symbols_by_name ON symbols (name);
CREATE INDEX symbols_by_parent ON symbols (parent);
CREATE INDEX places_by_file ON places (file, line, col);
CREATE INDEX cells_by_symbol ON cells (symbol);
CREATE INDEX cells_by_owner ON cells (owner, row, cell);
CREATE INDEX refs_by_symbol ON refs (symbol, file, line, col);
"""
