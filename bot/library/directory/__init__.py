"""The directory of enterprises as an Excel workbook: out of the ledger, and back in with every fault named by row and column."""
