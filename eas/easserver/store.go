package easserver

import (
	"errors"
	"strings"
	"sync"
)

// Errors of the store.
var (
	ErrNoFolder = errors.New("no such folder")
	ErrNoItem   = errors.New("no such item")
)

// Store holds the mailboxes of a server in memory. All of it may be used from
// any goroutine, while a server serves it.
type Store struct {
	mu        sync.RWMutex
	users     []*User
	groups    []*group
	documents []*Document
}

// NewStore returns a store without mailboxes.
func NewStore() *Store { return &Store{} }

// AddUser returns the mailbox of name, a login name or an address, and makes
// it with the default folders if it is not there. A name without a domain gets
// an address in example.com.
func (s *Store) AddUser(name string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.find(name); u != nil {
		return u
	}
	u := newUser(name)
	s.users = append(s.users, u)
	return u
}

// User finds a mailbox by its name or address, or returns nil. The domain of
// DOMAIN\name, the form of the login at an Exchange server, is dropped.
func (s *Store) User(name string) *User {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.find(name)
}

// Users returns all mailboxes in the order in which they were added.
func (s *Store) Users() []*User {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return append([]*User(nil), s.users...)
}

func (s *Store) find(name string) *User {
	if i := strings.LastIndexByte(name, '\\'); i >= 0 {
		name = name[i+1:]
	}
	for _, u := range s.users {
		if strings.EqualFold(u.name, name) || strings.EqualFold(u.address, name) {
			return u
		}
	}
	return nil
}
