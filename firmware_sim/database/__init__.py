"""The bus as data: one readable table from which the DBC file and the VSS overlay are built."""
