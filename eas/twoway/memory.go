package twoway

import (
	"context"
	"encoding/json"
	"sync"
)

// MemoryStore is a Store that lasts as long as the program. It may be used from any goroutine.
type MemoryStore struct {
	mu   sync.Mutex
	text []byte
}

// Load returns a copy of what was saved.
func (m *MemoryStore) Load(context.Context) (*State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.text == nil {
		return nil, nil
	}
	s := &State{}
	return s, json.Unmarshal(m.text, s)
}

// Save keeps a copy.
func (m *MemoryStore) Save(_ context.Context, s *State) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = text
	return nil
}
