package archive

import "sync"

// atOnce calls f for each of n numbers, some at the same time: each costs requests. It returns when all calls have.
func atOnce(n int, f func(i int)) {
	slots := make(chan struct{}, 16)
	var all sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			f(i)
		})
	}
	all.Wait()
}
