"""From a question to ranked entries, each with reasons and a calibrated confidence; and whether it is a question at all."""
