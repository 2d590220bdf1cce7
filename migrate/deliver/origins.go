package deliver

import "context"

// origin is what an item was before it came to its folder.
type origin struct{ item, folder string }

// origin returns what the source says that an item was before; the zero value: nothing. It reads the whole source the first time, which is
// needed for hardly any run.
func (d *delivery) origin(ctx context.Context, item string) (origin, error) {
	d.mu.Lock()
	known := d.origins
	d.mu.Unlock()
	if known == nil {
		var err error
		if known, err = d.readOrigins(ctx); err != nil {
			return origin{}, at("", sideSource, err)
		}
		d.mu.Lock()
		d.origins = known
		d.mu.Unlock()
	}
	return known[item], nil
}

func (d *delivery) readOrigins(ctx context.Context) (map[string]origin, error) {
	folders, err := d.Source.Folders(ctx)
	if err != nil {
		return nil, err
	}
	before := map[string]string{}
	in := map[string]string{} // the folders of what left
	for _, f := range folders {
		for l, err := range d.Source.Left(ctx, f) {
			if err != nil {
				return nil, err
			}
			in[l.ID] = f.ID
			if l.MovedTo != "" {
				before[l.MovedTo] = l.ID
			}
			if l.MovedFrom != "" {
				before[l.ID] = l.MovedFrom
			}
		}
		if f.Gone {
			continue
		}
		for item, err := range d.Source.Items(ctx, f) {
			if err != nil {
				return nil, err
			}
			if item.MovedFrom != "" {
				before[item.ID] = item.MovedFrom
			}
		}
	}
	origins := make(map[string]origin, len(before))
	for item, from := range before {
		origins[item] = origin{from, in[from]}
	}
	return origins, nil
}
