"""帮助: what each role does on which page, with the deadlines of the rulebook in force; and the page of components."""
