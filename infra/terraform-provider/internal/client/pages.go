package client

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Info  PageFields
}

// All reads a list page by page.
func All[T any](read func(after *string) (Page[T], error)) ([]T, error) {
	var all []T
	var after *string
	for {
		page, err := read(after)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if !page.Info.HasNextPage {
			return all, nil
		}
		after = page.Info.EndCursor
	}
}
