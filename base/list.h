/*
 * list.h - an intrusive doubly linked list.
 *
 * The head is a node too, so that removal needs no head and an empty list
 * points at itself. A node that is in no list points at itself as well.
 *
 *	struct list_node conns = LIST_INIT(conns);
 *	list_add(&conns, &c->node);
 *	list_for_each (n, &conns)
 *		conn_of(n) ...
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
	struct list_node *prev, *next; /* borrowed: the neighbours' own */
};

#define LIST_INIT(name)                                                        \
	{                                                                      \
		&(name), &(name)                                               \
	}

/* The struct of type <type> whose member <member> is *<ptr>. */
#define container_of(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* The body must not remove <n>; take nodes off with list_pop() instead. */
#define list_for_each(n, head)                                                 \
	for (struct list_node *n = (head)->next; n != (head); n = n->next)

static inline void
list_init(struct list_node *n)
{
	n->prev = n->next = n;
}

static inline bool
list_empty(const struct list_node *head)
{
	return head->next == head;
}

/* At the end. */
static inline void
list_add(struct list_node *head, struct list_node *n)
{
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}

/* Off whatever list it is on; harmless when on none. */
static inline void
list_del(struct list_node *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
	list_init(n);
}

/* Take the first off; NULL when empty. */
static inline struct list_node *
list_pop(struct list_node *head)
{
	struct list_node *n = head->next;

	if (n == head)
		return NULL;
	list_del(n);
	return n;
}

#endif
