package verdict

// Effect is what applying a changed object does beside changing it, in a word.
type Effect string

// The effects, as the API server's answers show them.
const (
	// Restart: Pods that run are replaced, or their containers started anew.
	Restart Effect = "restart"
	// Replace: the object cannot be changed to it in place; it has to be deleted
	// and made anew.
	Replace Effect = "replace"
	// NoOp: the server has the same object before and after.
	NoOp Effect = "no-op"
)

// Effects are all that there are.
func Effects() []Effect { return []Effect{Restart, Replace, NoOp} }

// RollbackState is the answer to "and back again?".
type RollbackState string

// RollbackPossible: base can be applied over head. RollbackPrevented: something
// is refused on the way back, or does not come back with it.
// RollbackNotEvaluated: not all of the way back was looked at, and nothing is
// known to prevent it.
const (
	RollbackPossible     RollbackState = "possible"
	RollbackPrevented    RollbackState = "prevented"
	RollbackNotEvaluated RollbackState = "not-evaluated"
)

// RollbackStates are all that there are.
func RollbackStates() []RollbackState {
	return []RollbackState{RollbackPossible, RollbackPrevented, RollbackNotEvaluated}
}

// Rollback says whether an environment could be brought back to base once head
// has been applied to it.
type Rollback struct {
	State RollbackState `json:"state"`
	// Obstacles are what prevents it, at least one where it is prevented.
	Obstacles []Obstacle `json:"obstacles,omitempty"`
	// Reason classifies why it was not evaluated; Detail is a sentence about it.
	Reason Reason `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Obstacle is one thing that prevents a rollback.
type Obstacle struct {
	Object   Object    `json:"object"`
	Message  string    `json:"message"`
	Location *Location `json:"location,omitempty"`
}
