// Package deliver brings a mailbox of another server to the state that a source has: an archive that a migration keeps as its stage, or
// the one that is restored from.
//
// It is a fold and no replay. What the source has now, what the receipts say was put, and what the target holds now are compared item by
// item; what is missing between them is done, and any run may end anywhere: the next one starts from the difference that is left. A second
// run without changes writes nothing.
//
// # What is done with an item
//
// The target holds an item as it was put ("as put") when its state (sinks.Held) is the one that was read back then. It is gone when the target
// does not list it and, where listings may leave something out (sinks.Confirmer), does not have it when it is asked for it. An item's news are
// what the source has of it that the target was not told: its contents, or its marks alone (read, flag, categories, ...).
//
//	receipt           source          target      what is done
//	none              has it          -           it is put. If the target has one of the same identity that nobody here put, Collision
//	                                              says what: it is left and noted as found, put beside, or made the source's version
//	refused, removed  has it          -           the same: it is tried again
//	placed            no news         as put      nothing
//	placed            marks           as put      the target is told the marks
//	placed            contents        as put      the target is told contents and marks
//	placed            any             gone        noted as taken: somebody at the target removed it or moved it. It is not put again
//	placed            no news         changed     it is left so, and listed
//	placed            marks/contents  changed     Conflict says what: what the target has stays; the source's version replaces it; the one
//	                                              that was changed later counts (the target's where that is not known); contents are put
//	                                              beside, and what the target has is its owner's from then on. Listed in any case
//	found             no news         any         nothing; gone: noted as taken
//	found             contents/marks  any         as if there were no receipt, but that it may be found once more
//	taken             has it          any         nothing
//	placed, found,    has it          gone        with Options.Again it is put, as if there were no receipt
//	taken
//	placed            moved           as put      it is moved at the target, to where its folder in the source leads, and what else
//	                                              is new is told then
//	placed            moved           changed     it is moved as it is, and stays known as changed
//	placed            moved           gone        noted as taken in its new folder
//	taken             moved           -           noted as taken in its new folder
//	none              moved           -           it is put into its new folder
//	placed            deleted         as put      with Deletes it is removed; without them nothing
//	placed            deleted         changed     with Deletes it is left, and listed
//	placed            deleted         gone        with Deletes noted as removed
//	found, taken,     deleted         any         the receipt is forgotten
//	refused
//	any               not wanted      any         nothing: what a selection leaves out has not left
//
// An item counts as moved by what the source says of it, and otherwise when one of the same bytes left another folder without a trace. One
// that the target cannot move is put into its new folder and then removed from the old one. Where deletions are wanted, an event or a contact
// that comes anew by the name that one which left has at the target (sinks.Recognizer) takes its place there: it is told contents and marks.
//
// # Folders
//
// A folder goes where [Mapping] says. It is made if it is not there, with its parents, and found again by the target's own name for it,
// whatever it is called there later. When its path in the source leads elsewhere than before, a folder that was made here, and is nobody
// else's place, is renamed; from any other one the items are moved. A folder that somebody removed at the target, which is one that is not
// listed twice, takes with it what was put into it, and is made again when there is something new to put. A class that no target takes is
// counted. Folders that were made here and stand empty since their items were moved are removed, and with Deletes those that are gone from
// the source.
//
// # What a crash leaves
//
// A target that was sent an item twice has it twice, so nothing is sent before it is durable that it is going to be:
//
//	the place's Mark             what the target's folder holds; kept while a row of the folder is Sending
//	the rows, Sending            with the hash of what is sent; with the target's name of what is replaced, if something is
//	Put, Update or Move          from here on nobody knows, until
//	the rows, Placed or Refused
//
// After a crash, and after any answer that leaves it open, what is Sending is looked for before anything else is done in the folder: among
// what was not there when the mark was made and belongs to no other receipt. What is found is Placed, whatever is not was not stored. An
// item that was being changed where it is counts as changed if it holds what was sent, and is told its marks once more; one that was being
// replaced by another is removed once the other is found. One that was being moved keeps its old receipt until the new one is Placed.
//
// The path that a folder is being given is durable before it is renamed (Place.Next), and so is that a folder is going to be made (Place.Made
// without a Target). The contents that are looked for come from the source, which keeps every version: [Source.Version].
//
// What was begun is finished when the context ends, for at most Options.Grace.
package deliver
