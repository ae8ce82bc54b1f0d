"""What things are: ids, posts, findings, evidence, errors and the glossary. Imports nothing of the other rooms."""
